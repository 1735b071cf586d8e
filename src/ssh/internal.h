/*
 * internal - what the files of ssh/ share and nobody else sees.
 */
#ifndef SSH_INTERNAL_H
#define SSH_INTERNAL_H

#include <libssh2.h>
#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ssh/channel.h"
#include "ssh/negotiation.h"
#include "ssh/session.h"
#include "ssh/tap.h"
#include "ssh/window.h"

/*
 * libssh2 keeps the state of a call that waits for a reply in one place per
 * kind: session-wide for opens, per channel for the others (guide section 2).
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
	struct session *session; /* set by session_request() */
	struct channel *channel; /* NULL: none */
	enum request_slot slot;
	bool is_issued;
	bool is_spent; /* another request's call must take its answer */
	bool is_extra; /* its call is for taking another's answer */
	int (*call)(struct request *r);
	void (*done)(struct request *r, int rc);
	int64_t issued_ms;  /* when it was first called, by loop_now_ms() */
	struct buf message; /* for opens; libssh2 does not copy it */
	struct remote_listener *listener; /* for SLOT_LISTEN */
	char *text[2]; /* owned; libssh2 does not copy its arguments */
};

/* Channels that the server opened and nobody has taken yet; more are closed
 * at once. */
#define SESSION_INCOMING_MAX 64

struct remote_listener;

struct session {
	LIBSSH2_SESSION *raw;
	struct stream *stream;
	OSSL_PROVIDER *gcm; /* see gcm.h */
	struct tap tap;
	struct negotiation ours;
	struct greeting greeting;
	struct buf clear_text; /* what came before the first keys */
	char *identification;
	bool is_greeted;    /* the server's offer was looked at */
	bool is_pinned;     /* libssh2 offers only what was agreed */
	size_t spare;       /* bytes behind what libssh2 allocates now */
	void *newest_block; /* what libssh2 allocated last, unless freed */
	size_t newest_len;
	bool has_sent_keys; /* our NEWKEYS: what follows is encrypted */
	bool has_asked;     /* for the login service */
	bool is_handshaken; /* the host key can be looked at */
	bool is_served;     /* the login service was accepted */
	bool may_open_early;
	unsigned n_ahead;   /* login requests that were sent before their time
			       and have not been answered */
	bool is_open_ahead; /* likewise; for one that was given up, until the
			       next answer shows that it did no harm */
	bool has_wasted_open;
	bool gate_open;
	bool inject_error;    /* the next read fails: aborts one waiting call */
	uint64_t sent;        /* bytes taken from libssh2 */
	unsigned messages;    /* in how many pieces, up to 2 */
	size_t budget;        /* bytes that this pump may still read */
	ssize_t fed;          /* what the last reading gave, as from recv */
	bool is_mute;         /* sending failed; reading goes on to the end */
	bool ran_out;         /* the budget ended before the input did */
	unsigned char *input; /* read ahead: libssh2 asks for single bytes */
	size_t input_at, input_len;
	enum session_end end;
	int error; /* errno of SESSION_BROKEN */
	unsigned disconnect_code;
	char *disconnect_text;
	char *trouble;
	struct buf host_key;    /* of the first key exchange */
	struct channel *pump;   /* any channel that libssh2 still has */
	unsigned char *scratch; /* what the pump's read would fill */
	bool is_probing;        /* a probe waits for its answer */
	bool in_login;          /* a login call said "again" */
	bool login_gave_up;     /* a challenge was not answered */
	void *login_arg;        /* for libssh2's callbacks, during a call */
	struct request *requests;
	unsigned n_channels;  /* so far */
	uint32_t window_most; /* of any channel */
	int64_t rtt_us;       /* the shortest seen; 0: not known */
	int64_t rtt_asked_us; /* when that was looked at last */
	LIBSSH2_CHANNEL *incoming_agent[SESSION_INCOMING_MAX];
	size_t n_incoming_agent;
	LIBSSH2_CHANNEL *incoming_x11[SESSION_INCOMING_MAX];
	size_t n_incoming_x11;
	struct remote_listener *cancelled; /* freed by the owner */
	struct channel *channels;          /* that have an owner */
	struct channel *closing; /* freed by the owner, not yet by libssh2 */
};

enum reply { REPLY_NONE, REPLY_PENDING, REPLY_OK, REPLY_REFUSED };

struct channel {
	struct channel *next; /* in session->channels or ->closing */
	struct session *session;
	LIBSSH2_CHANNEL *raw;
	unsigned number; /* for messages */
	struct window window;
	uint32_t adjust;         /* window adjustment not sent yet, or 0 */
	struct tap_channel *tap; /* NULL: the tap is of no use */
	enum reply open, pty, start;
	enum reply agent, x11;
	unsigned agent_tries; /* requests for it that were sent */
	int x11_screen;
	bool x11_is_single;
	uint32_t refusal_code;
	char *refusal; /* the server's reason for refusing the open */
	char *start_type;
	bool stream_ended[2];
	bool eof_wanted, eof_sent;
	bool close_wanted, close_sent;
	bool is_closed; /* by the server */
	char *term;
	struct buf modes;
	struct channel_size size;
	bool size_wanted;
	char *signal;                    /* to be sent as soon as possible */
	uint64_t bytes_in[2], bytes_out; /* in: by stream */
	struct buf rescued[2];           /* by stream */
};

/* Let libssh2 read up to budget bytes, and stop it again. */
void session_open_gate(struct session *s, size_t budget);
void session_close_gate(struct session *s);

/* From now on let libssh2 agree only on what the first offers agree on. For
 * when our offer has been sent and the server's was read. */
void session_pin_methods(struct session *s);

/* A request whose only use is to take an answer that others have left. */
struct request *channel_extra_request(struct channel *c);

/* Append to the queue of requests; takes r over. */
void session_request(struct session *s, struct request *r);

/* Does a request of this channel wait? */
bool session_has_request(const struct session *s, const struct channel *c);

/* Drop the requests of a channel that goes away. */
void session_drop_requests(struct session *s, const struct channel *c);

/* As session_handshake(), but up to the point where the server lets us log in;
 * 0, "again", or why not. Needs an open gate. */
int session_await_service(struct session *s);

/* The signature was sent: send the first open too, if that is allowed. */
void session_open_early(struct session *s);

/* The signature did not let us in: the server may never answer the open. */
void session_cancel_early_open(struct session *s);

/* Note that the transport is gone; the first reason stays. */
void session_note_end(struct session *s, enum session_end end);

/*
 * What a failed call means: notes the end of the transport where rc says so.
 * Returns true if the session still lives.
 */
bool session_survives(struct session *s, int rc);

/* Bytes that libssh2 has sent so far: tells whether a call that returned
 * "again" got its message out. */
uint64_t session_sent(const struct session *s);

/* Is there unread input? Looks at the network if need be. */
bool session_has_input(struct session *s);

/* Send the size that is due; false if libssh2 said "again". */
bool channel_send_size(struct channel *c);

/* A channel that is open already; raw is taken over. */
struct channel *channel_adopt(struct session *s, LIBSSH2_CHANNEL *raw);

/* Free a request and what it owns. */
void request_free(struct request *r);

/* A new request on a channel, to be filled in and queued. */
struct request *channel_request(struct channel *c, enum request_slot slot,
				int (*call)(struct request *),
				void (*done)(struct request *, int));

/* What a reply, or none yet, means to whoever waits for it. */
enum step reply_step(enum reply reply);

/* The round trip in microseconds, at its best; 0 if nothing is known. */
int64_t session_rtt_us(struct session *s, int64_t now_us);

/* Send the window adjustment that is due; false if libssh2 said "again". */
bool channel_adjust(struct channel *c);

/* Retry what cancelled listeners still have to do. */
void remote_listener_sweep(struct session *s);

/* Retry what closing channels still have to do. */
void channel_sweep(struct session *s);

#endif
