/*
 * signal_name - the signals that end us, as RFC 4254 section 6.10 calls them.
 */
#ifndef BASE_SIGNAL_NAME_H
#define BASE_SIGNAL_NAME_H

/* "TERM" for SIGTERM; NULL if it is none of those. Static. */
const char *signal_name(int signo);

#endif
