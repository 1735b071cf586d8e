/*
 * fast_open - FastOpen: which steps of a login are taken before their time, and
 * what is done about a server that takes offence.
 *
 * Towards such a server the connection is made again, carefully, and if that
 * gets further, the host is remembered (exceptions.h).
 */
#ifndef CONNECT_FAST_OPEN_H
#define CONNECT_FAST_OPEN_H

#include <stdbool.h>

struct connection;

/* May our offer go without waiting for the server's first words? And a guessed
 * exchange with it? */
bool fast_open_may_offer(const struct connection *c);
bool fast_open_may_guess(const struct connection *c);

/* May the first login requests go without waiting for the login service? */
bool fast_open_may_log_in(const struct connection *c);

/* May the channel be asked for with the signature? When the server's
 * identification is known. */
bool fast_open_may_open(const struct connection *c);

/* May the login begin with a signature by a key that may be refused? */
bool fast_open_may_sign_first(const struct connection *c);

/* We are in: what will help the next time? */
void fast_open_note_login(struct connection *c);

/* The login has failed for good: if the server took offence when a command may
 * have been started, the next connection is to be more careful. */
void fast_open_note_offence(struct connection *c);

/*
 * Has the login failed, or got no answer, because of a step before its time?
 * Only if nothing speaks for another cause: ssh would connect once, and a
 * server that has refused somebody counts the connections. Never once a
 * command may have been started: session_is_ahead() ends with its channel's
 * opening.
 */
bool fast_open_has_failed(const struct connection *c);

/* Likewise; then the caller makes the connection again, and this has seen to
 * it that no such step is taken. */
bool fast_open_should_retry(struct connection *c);

/* The session is there, or logged in without it: remember what was learnt. */
void fast_open_remember(struct connection *c);

/* The first key exchange failed: what was remembered of it may be why. */
void fast_open_note_exchange(struct connection *c);

#endif
