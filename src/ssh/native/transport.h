/*
 * transport - the transport layer protocol (RFC 4253), the client's side:
 * identification, key exchanges (the first one and all later ones), EXT_INFO
 * (RFC 8308), DISCONNECT, and what else is nobody's business above.
 *
 * It promises the layers above that every message they get is whole,
 * authenticated, and one that the server may send now; that what they send
 * leaves in order and encrypted; and that a key exchange is nothing they need
 * to know about, but for data, which transport_can_send_data() holds up.
 *
 * How the connection ended is noted in the session (session_ended()).
 */
#ifndef SSH_NATIVE_TRANSPORT_H
#define SSH_NATIVE_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/step.h"
#include "base/wire.h"
#include "ssh/native/message.h"
#include "ssh/negotiation.h"

struct buf;
struct session;
struct session_params;
struct transport;

/* Sends our identification and, if p says so, our offer at once. Never fails;
 * the session is borrowed for life. */
struct transport *transport_new(struct session *s,
				const struct session_params *p);
void transport_free(struct transport *t); /* NULL is fine */

/*
 * The next message for the layers above, type byte first; borrowed until the
 * next call. STEP_AGAIN: there is none, and the network has no more, or the
 * budget ran out. STEP_FAIL: the connection ended. What belongs to this layer
 * is dealt with on the way.
 */
enum step transport_receive(struct transport *t, struct wire *ret_message);

/* How many bytes of messages may be taken from now on, before others get a
 * turn. */
void transport_set_budget(struct transport *t, size_t bytes);

/* Is there something left that transport_receive() could use at once? */
bool transport_has_more(const struct transport *t);

/* Is it a master's connection (session_params.is_shared)? */
bool transport_is_shared(const struct transport *t);

/* Is the first exchange so far that session_host_key() is set, and that the
 * server was proven to have that key? */
bool transport_has_host_key(const struct transport *t);

/*
 * Begin a message of this type; the rest of it is appended to what is returned,
 * and nothing else happens to the transport until transport_end(). During a key
 * exchange it is kept and leaves behind it. To a dead session nothing is sent.
 */
struct buf *transport_begin(struct transport *t, uint8_t type);
void transport_end(struct transport *t);

/* Between the two, before len bytes of secrets are appended: the queue will not
 * move and leave a copy of them behind. */
void transport_make_room(struct transport *t, size_t len);

/* Between the two: pad so that the lengths of packets differ by multiples of
 * step bytes, for what must not be told from its length. */
void transport_pad_to(struct transport *t, uint8_t step);

/* May data be sent, or must it wait for a key exchange? */
bool transport_can_send_data(const struct transport *t);

/* The server let us in: now comes the connection protocol, and compression that
 * was put off begins. */
void transport_logged_in(struct transport *t);

/* Begin a key exchange, if none is running, after the login. */
void transport_rekey(struct transport *t);

/* The same if the keys are worn out (RFC 4344 section 3, rekey_bytes); done by
 * transport_receive(), and to be done before data is sent. */
void transport_rekey_if_due(struct transport *t);

/* When the last key exchange ended, on the clock of loop_now_ms(). */
int64_t transport_keyed_ms(const struct transport *t);

/* End the connection because of what the server did: sends DISCONNECT. The
 * text, printf-like, is told to the user and the server. */
void transport_fail(struct transport *t, enum disconnect_reason reason,
		    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same for a message whose fields are not what they must be. */
void transport_malformed(struct transport *t, uint8_t type);

/* Say good-bye; nothing is sent after that. */
void transport_disconnect(struct transport *t, enum disconnect_reason reason,
			  const char *text);

/* RFC 4253 section 7.2: the first exchange's hash. Borrowed. */
struct wire transport_session_id(const struct transport *t);

/* The host key's signature of that hash. Borrowed. */
struct wire transport_host_signature(const struct transport *t);

/* What was agreed on; "" while unknown. Borrowed. */
const char *transport_agreed(const struct transport *t,
			     enum negotiation_list list);

/* What the server said of itself in EXT_INFO. Borrowed. */
const struct message_info *transport_info(const struct transport *t);

/* Does the server offer this host key algorithm? */
bool transport_server_has(const struct transport *t, const char *host_key);

#endif
