/*
 * opening - FastOpen: which steps of a login are taken before their time, and
 * what is done about a server that takes offence.
 *
 * Towards such a server the connection is made again, carefully, and if that
 * gets further, the host is remembered (exceptions.h).
 */
#ifndef CLIENT_OPENING_H
#define CLIENT_OPENING_H

#include <stdbool.h>

struct client;

/* Decide, from the configuration and from memory, once. */
void opening_decide(struct client *c);

/* May the first login requests go without waiting for the login service? */
bool opening_may_log_in_early(const struct client *c);

/* May the channel be asked for with the signature? When the server's
 * identification is known. */
bool opening_may_open_early(const struct client *c);

/* May the login begin with a signature by a key that may be refused? */
bool opening_may_sign_first(const struct client *c);

/* And what is to run there asked for, too? After the above. */
bool opening_may_start_early(const struct client *c);

/* We are in: what will help the next time? */
void opening_note_login(struct client *c);

/* The login has failed for good: if the server took offence when a command may
 * have been started, the next connection is to be more careful. */
void opening_note_offence(struct client *c);

/*
 * Has the login failed, or got no answer, because of a step before its time?
 * Only if nothing speaks for another cause: ssh would connect once, and a
 * server that has refused somebody counts the connections. Never once a
 * command may have been started: session_is_ahead() ends with its channel's
 * opening.
 */
bool opening_has_failed(const struct client *c);

/* Likewise; then the caller makes the connection again, and this has seen to
 * it that no such step is taken. */
bool opening_should_retry(struct client *c);

/* The session is there, or logged in without it: remember what was learnt. */
void opening_remember(struct client *c);

/* The first key exchange failed: what was remembered of it may be why. */
void opening_note_exchange(struct client *c);

#endif
