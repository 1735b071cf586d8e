/*
 * negotiation_log - what the two sides of a key exchange offer and agree on,
 * in the lines that people look for in the output of ssh -vv. Both engines
 * write them here.
 */
#ifndef SSH_NEGOTIATION_LOG_H
#define SSH_NEGOTIATION_LOG_H

struct negotiation;

/*
 * Both offers, at debug2. markers (may be empty) are what our list of key
 * exchange methods holds besides, wherever it stands there.
 */
void negotiation_log_offers(const struct negotiation *ours, const char *markers,
			    const struct negotiation *theirs);

/* What came of it, at debug1. */
void negotiation_log_agreed(const struct negotiation *agreed);

#endif
