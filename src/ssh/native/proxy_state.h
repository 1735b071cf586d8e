/*
 * proxy_state - what the connection protocol has to know of ssh/proxy.h. A
 * channel of such a client is one of ours with native_channel.guest set: its
 * number is the one by which the client calls it, too, and the client's own is
 * in there.
 *
 * proxy.c is about what the client says, proxy_server.c about what the server
 * says to it, proxy_global.c about global requests.
 */
#ifndef SSH_NATIVE_PROXY_STATE_H
#define SSH_NATIVE_PROXY_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/step.h"
#include "base/wire.h"

struct channel;
struct err;
struct packet_reader;
struct packet_writer;
struct remote_listener;
struct session;

struct session_proxy {
	struct session *session;
	struct packet_reader *reader;
	struct packet_writer *writer;
	struct buf out;
	struct wire held; /* a message that has to wait */
	bool is_holding;
	bool has_credit;    /* some channel has, see native_channel.guest */
	bool has_overflown; /* it does not read what it asks for */
	size_t n_channels, n_listeners;
	size_t n_asked; /* global requests that the server has to answer */
};

/* Begin a message to the client. */
struct buf *proxy_begin(struct session_proxy *p, uint8_t type);
void proxy_end(struct session_proxy *p);

/* Has it as many channels as it may have? */
bool proxy_is_full(const struct session_proxy *p);

/* The channel is not the client's any more. */
void proxy_forget(struct channel *c);

/* Let the server send as much more as the client wants, and we want to keep for
 * it. */
void proxy_grant(struct channel *c);

/* A window that the client opens with. */
void proxy_begin_window(struct channel *c, uint32_t window);

/* The server says something about a channel of the client's. */
void proxy_take(struct channel *c, uint8_t type, struct wire *w);

/* The server opened it, for a listener of the client's. */
void proxy_offer(struct session_proxy *p, struct channel *c, const char *type,
		 const struct wire *rest);

/* A global request of the client's. STEP_AGAIN: later. */
enum step proxy_global(struct session_proxy *p, struct wire w, struct err *e);

/* Whether it listens: the server has told. */
void proxy_listened(struct session_proxy *p, struct remote_listener *l,
		    bool wants_reply);

/* Nobody waits for answers any more, and nothing listens. */
void proxy_global_clear(struct session_proxy *p);

#endif
