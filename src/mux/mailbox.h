/*
 * mailbox - a master's end of the conversation with one client: whole messages
 * in and out, and the descriptors that come with some, without waiting.
 */
#ifndef MUX_MAILBOX_H
#define MUX_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/step.h"

struct buf;
struct err;
struct loop;
struct mailbox;
struct mux_packet;

/* Takes over fd, a Unix socket, also on failure; wake(arg) means that there may
 * be something to be taken, or to be sent. NULL with e set on failure. */
struct mailbox *mailbox_new(struct loop *l, int fd, void (*wake)(void *arg),
			    void *arg, struct err *e);
void mailbox_free(struct mailbox *m); /* closes; NULL is fine */

/* The next message, to be cleared by the caller. STEP_FAIL: the client has
 * gone, which sets no e, or what it says is malformed. */
enum step mailbox_take(struct mailbox *m, struct mux_packet *ret_packet,
		       struct err *e);

/* The n descriptors that come next, the caller's, close-on-exec. As above. */
enum step mailbox_take_fds(struct mailbox *m, int *ret_fds, size_t n,
			   struct err *e);

/* Nothing is to be taken for now: has the client gone? */
bool mailbox_is_abandoned(struct mailbox *m);

/* Send as much as can be sent now of this, and of what is left of others. */
void mailbox_put(struct mailbox *m, const struct mux_packet *p);
void mailbox_flush(struct mailbox *m);

/* Once the conversation is one of other bytes: what has come of them, at most
 * len. As mailbox_take(). */
enum step mailbox_receive(struct mailbox *m, void *room, size_t len,
			  size_t *ret_n);

/* And send what can be sent of these, which are taken from the front, behind
 * all messages. Returns 0, or -1 if nothing can be sent any more. */
int mailbox_send(struct mailbox *m, struct buf *bytes);

/* Was everything sent, or cannot be? */
bool mailbox_is_empty(const struct mailbox *m);

#endif
