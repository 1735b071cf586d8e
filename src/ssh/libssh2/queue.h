/*
 * queue - the calls of libssh2's that wait for replies, in the order in which
 * they were asked for.
 *
 * It knows no live libssh2: calls are functions, which say "again" until the
 * answer is there, and whose sending it sees in session->lib->sent. Whether a
 * call may be made now is judged by whoever takes answers (pump.c).
 */
#ifndef SSH_LIBSSH2_QUEUE_H
#define SSH_LIBSSH2_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct channel;
struct lib_listener;
struct session;

/*
 * libssh2 keeps the state of a call that waits for a reply in one place per
 * kind: session-wide for opens, per channel for the others (docs/LIBSSH2.md).
 * A second call of the same kind would take over the first one's state.
 */
enum request_slot {
	SLOT_OPEN,   /* session-wide */
	SLOT_LISTEN, /* session-wide */
	SLOT_AGENT,
	SLOT_X11,
	SLOT_ENV,
	SLOT_PTY,   /* and window changes, which libssh2 puts there too */
	SLOT_START, /* exec, shell, subsystem */
};

/*
 * A call that waits for a reply. call() is made once per turn until it
 * returns something else than LIBSSH2_ERROR_EAGAIN; that goes to done(), and
 * the request is freed.
 */
struct request {
	struct request *next;
	struct session *session; /* set by queue_add() */
	struct channel *channel; /* NULL: none */
	enum request_slot slot;
	bool is_issued;
	bool is_spent; /* another request's call must take its answer */
	bool is_extra; /* its call is for taking another's answer */
	int (*call)(struct request *r);
	void (*done)(struct request *r, int rc);
	int64_t issued_ms;  /* when it was first called, by loop_now_ms() */
	struct buf message; /* for opens; libssh2 does not copy it */
	struct lib_listener *listener; /* for SLOT_LISTEN */
	char *text[2]; /* owned; libssh2 does not copy its arguments */
};

/* A new request, to be filled in and queued. */
struct request *queue_request_new(struct channel *c, enum request_slot slot,
				  int (*call)(struct request *),
				  void (*done)(struct request *, int));

/* Append to the session's queue; takes r over. */
void queue_add(struct session *s, struct request *r);

/*
 * Make the calls of all requests that need not wait for others, up to the
 * first that is answered, and give the answer to its owner. Returns false if
 * none is: then all that can be done now was done.
 */
bool queue_take_answer(struct session *s);

/* Was a request added that may be sent at once? */
bool queue_is_due(const struct session *s);

/* Do two requests on one channel wait for their replies? */
bool queue_is_pipelining(const struct session *s);

/* Does a request of this channel wait? */
bool queue_has(const struct session *s, const struct channel *c);

/* A channel goes, and with it what was asked for it; but not an open that was
 * sent. */
void queue_drop(struct session *s, const struct channel *c);

/* Likewise a listener, with all that was asked for it. */
void queue_forget(struct session *s, const struct lib_listener *l);

/* The session goes: free them all. */
void queue_clear(struct session *s);

/* The signature was sent: send the first open too, if that is allowed. */
void queue_open_early(struct session *s);

/* The signature did not let us in: the server may never answer the open. */
void queue_cancel_early_open(struct session *s);

/* The open that was sent at least patience_ms ago, while another one waits
 * behind it; or NULL. */
struct request *queue_blocking_open(const struct session *s,
				    int64_t patience_ms);

/* It gets no answer any more; frees it. Not during a key exchange. */
void queue_abandon(struct session *s, struct request *open);

#endif
