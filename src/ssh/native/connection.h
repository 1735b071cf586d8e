/*
 * connection - the connection protocol (RFC 4254): channels by number, and
 * global requests, on top of a transport. What the files beside connection.c
 * share about one session is here too.
 *
 * Every message of the server's ends in connection_take(). Nothing waits:
 * replies are matched by their order, and what the layers above want to know
 * they find in the channel.
 */
#ifndef SSH_NATIVE_CONNECTION_H
#define SSH_NATIVE_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ssh/engine.h"
#include "ssh/native/arrived.h"
#include "ssh/native/transport.h"

struct native_listener;
struct session_proxy;
struct userauth;

/* What a request on a channel asked for, and so what its reply means. */
enum request_kind {
	REQUEST_PTY,
	REQUEST_START,
	REQUEST_AGENT,
	REQUEST_X11,
};

/* Why a channel is not opened (RFC 4254 section 5.1). */
enum open_failure {
	OPEN_PROHIBITED = 1,
	OPEN_UNKNOWN_TYPE = 3,
	OPEN_SHORTAGE = 4,
};

/* Where a channel comes from. */
enum channel_origin {
	CHANNEL_OURS,
	CHANNEL_OF_LISTENER,
	CHANNEL_OF_AGENT,
	CHANNEL_OF_X11,
};

struct native_channel {
	uint32_t id;   /* ours; the channel's place in the session's table */
	uint32_t peer; /* the server's, once is_open */
	enum channel_origin origin;
	struct native_listener *listener; /* CHANNEL_OF_LISTENER */
	bool is_open;         /* messages can be sent: peer is known */
	bool is_sent;         /* our open */
	bool is_foretold;     /* peer is a guess, and what is kept was sent */
	bool is_free;         /* nobody above holds it any more */
	struct buf message;   /* of our open: type and what follows windows */
	struct buf kept;      /* messages for when it is open, each with its
				 length in front and without the number */
	size_t kept_at;       /* the one being made */
	struct buf requests;  /* kinds of those unanswered, in order */
	uint32_t may_receive; /* bytes that the server may still send */
	uint32_t may_send;    /* bytes that we may still send */
	uint32_t packet_max;  /* of data, that the server takes */
	struct arrived arrived[2]; /* by stream */
	bool eof_sent, eof_received;
	bool close_sent, close_received;
	bool eow_received; /* OpenSSH's PROTOCOL, 2.1 */
	bool is_deaf;      /* nobody wants its stdout any more */
	bool has_status;
	uint32_t status;
	char *signal, *signal_message; /* of exit-signal; or NULL */
	char *pty_name;
	struct channel_size size;
	struct {
		struct session_proxy *proxy; /* NULL: the channel is ours */
		uint32_t id;                 /* the client's number of it */
		uint32_t credit;     /* what it wants more than may_receive */
		size_t n_unanswered; /* requests of the server's */
	} guest;                     /* of another client (proxy_state.h) */
};

/* A global request that waits for its answer. */
struct global_request {
	struct global_request *next;
	/* is_ok: SUCCESS, and what came with it */
	void (*done)(struct session *s, void *arg, bool is_ok, struct wire *w);
	void *arg;
};

/* What the server said of its host keys (host_proof.h). */
struct host_keys {
	bool has_come;
	struct buf offered, proofs;
	enum reply reply;
};

struct native_session {
	struct transport *transport;
	struct userauth *userauth;
	struct channel **channels; /* by our number; NULL: free */
	size_t n_channels;
	size_t n_used; /* of them that are not free */
	struct global_request *globals, **globals_end;
	struct native_listener *listeners;
	struct host_keys host_keys;
	bool wants_agent, wants_x11;
	bool is_probing;
	/* FastOpen */
	bool may_open_early;
	bool may_foretell;  /* ... and ask things on it */
	bool is_open_ahead; /* sent before the login, not answered */
	bool has_wasted_open;
};

/* Is this a server that knows OpenSSH's PROTOCOL? Others may end the connection
 * because of what they do not know. */
bool connection_is_with_openssh(const struct session *s);

/* A message of the connection protocol came. */
void connection_take(struct session *s, const struct wire *message);

/* Free all channels that nobody holds, and what waits. */
void connection_clear(struct session *s);

/* --- global requests --- */

/*
 * Begin a global request; finished with transport_end(). done is called with
 * the answer, or never if none comes; arg is borrowed until then, or until
 * global_request_forget(). NULL: no answer is wanted.
 */
struct buf *global_request_begin(struct session *s, const char *name,
				 void (*done)(struct session *s, void *arg,
					      bool is_ok, struct wire *w),
				 void *arg);
void global_request_forget(struct session *s, const void *arg);

/* --- host keys (host_keys.c) --- */

/* The server tells of the keys it has. */
void host_keys_take(struct session *s, const struct wire *keys);
void host_keys_clear(struct session *s);

/* --- channels (channel.c, data.c) --- */

/* A new channel with a number; the caller of channel_open owns it. */
struct channel *native_channel_new(struct session *s, uint32_t window,
				   enum channel_origin origin);

/* Are there as many channels as may be? One that we have closed is among them
 * until the server closes it, too. */
bool native_channel_is_full(const struct session *s);

/* The channel with our number, or NULL. */
struct channel *native_channel_find(const struct session *s, uint32_t id);

/* Begin a message on the channel, up to its number; kept until it is open. To
 * be finished with native_channel_end(). */
struct buf *native_channel_begin(struct channel *c, uint8_t type);
void native_channel_end(struct channel *c);

/* Send the opens that wait for the end of the login. */
void native_channel_send_opens(struct session *s);

/* The signature was sent: send the first open too, if that is allowed. */
void native_channel_send_early(struct session *s);

/* What was sent before its time was for nothing: send it again later. */
void native_channel_waste_early(struct session *s);

/* Give the number back if both sides have closed, and free the channel if
 * nobody holds it. */
void native_channel_settle(struct channel *c);

/* The messages that belong to one channel. */
void native_channel_confirmed(struct channel *c, struct wire *w);
void native_channel_refused(struct channel *c, struct wire *w);
void native_channel_requested(struct channel *c, struct wire *w);
void native_channel_replied(struct channel *c, bool is_ok);
void native_channel_adjusted(struct channel *c, struct wire *w);
void native_channel_data(struct channel *c, uint8_t type, struct wire *w);
/* Something was heard of a command, whatever became of the answer. */
void native_channel_speaks(struct channel *c);
void native_channel_ended(struct channel *c);  /* EOF */
void native_channel_closed(struct channel *c); /* CLOSE */

/* --- what the server opens (incoming.c, listener.c) --- */

void incoming_take(struct session *s, struct wire *w);

/* The oldest one that nobody has taken, confirmed to the server; or NULL. */
struct channel *incoming_accept(struct session *s, enum channel_origin origin,
				const struct native_listener *l);

/* Refuse those of a listener that goes away. */
void incoming_refuse(struct session *s, const struct native_listener *l);

/* Refuse one: nobody takes it. */
void incoming_reject(struct session *s, uint32_t peer);

/* A listener is another client's (proxy_state.h), to be told what the server
 * says. */
void native_listener_give(struct remote_listener *l, struct session_proxy *p,
			  bool wants_reply);

/* The client's listener on this address and port, or (port -1) path, which is
 * there; host NULL: any, which may be asked for only. NULL: there is none. */
struct remote_listener *native_listener_of(const struct session_proxy *p,
					   const char *host, int port);

/* Whose it is; or NULL: ours. */
struct session_proxy *native_listener_proxy(const struct native_listener *l);

/* The listener that a connection belongs to, or NULL. */
struct native_listener *native_listener_find(struct session *s,
					     const char *host, uint32_t port);
struct native_listener *native_listener_find_unix(struct session *s,
						  const char *path);
void native_listeners_clear(struct session *s);

#endif
