/*
 * proxy - another client of ours that uses the session for channels of its own:
 * it writes and reads bare packets (OpenSSH's PROTOCOL.mux, section 9), and has
 * numbers, listeners and windows apart from everybody else's.
 *
 * What it says is believed no further than what the server says: it can spoil
 * its own channels, and is ended for it, but not the session. It is not heard
 * while the session cannot send, or while it does not take what it was sent.
 *
 * With SESSION_PROXY only. To be freed before the session.
 */
#ifndef SSH_PROXY_H
#define SSH_PROXY_H

#include <stddef.h>

#include "base/step.h"

struct buf;
struct err;
struct session;
struct session_proxy;

struct session_proxy *session_proxy_new(struct session *s);

/* Ends its listeners and closes its channels. NULL is fine. */
void session_proxy_free(struct session_proxy *p);

/* Where the next bytes of the client's go, *ret_len of them at most; NULL if
 * it is not to be read now. */
unsigned char *session_proxy_room(struct session_proxy *p, size_t *ret_len);

/* n bytes were put there. */
void session_proxy_filled(struct session_proxy *p, size_t n);

/* Deal with what has come. STEP_AGAIN: it was, or must wait for a later turn.
 * STEP_FAIL: it is to be ended; e says why. */
enum step session_proxy_step(struct session_proxy *p, struct err *e);

/* What is to be sent to the client, who takes it from the front. */
struct buf *session_proxy_queue(struct session_proxy *p);

/* How many channels it has. */
size_t session_proxy_channels(const struct session_proxy *p);

#endif
