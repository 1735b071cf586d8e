#include "user_channels.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/wire.h"
#include "ssh/channel.h"
#include "ssh/host_proof.h"
#include "ssh/incoming.h"
#include "ssh/remote_listener.h"
#include "ssh/session.h"
#include "user.h"

#define WINDOW_FIRST ((uint32_t)64 * 1024)
#define WRITE_MOST ((size_t)64 * 1024)
#define READS_PER_TURN 4

/* Keep it, if there is room. */
static struct user_channel *
add(struct user_channels *c, struct channel *channel)
{
	for (size_t i = 0; i < USER_CHANNELS; i++) {
		if (c->items[i].channel != NULL)
			continue;
		c->items[i] = (struct user_channel){ .channel = channel };
		return &c->items[i];
	}
	channel_free(channel);
	return NULL;
}

static struct user_channel *
open_session(struct user_channels *c, unsigned wants)
{
	static const struct channel_pty pty = {
		"xterm", "\0", 1, { 80, 24, 0, 0 }
	};
	static const struct channel_x11 x11 = { "MIT-MAGIC-COOKIE-1", "00ff", 0,
						false };
	struct channel *channel =
	    channel_open_session(c->session, WINDOW_FIRST);
	struct user_channel *u = add(c, channel);

	if (u == NULL)
		return NULL;
	if (wants & USER_X11)
		channel_request_x11(channel, &x11);
	if (wants & USER_AGENT)
		channel_request_agent(channel);
	c->wants_agent = c->wants_agent || (wants & USER_AGENT);
	c->wants_x11 = c->wants_x11 || (wants & USER_X11);
	if (wants & USER_PTY)
		channel_request_pty(channel, &pty);
	if (wants & USER_ENV) {
		channel_request_env(channel, "LANG", "C");
		channel_request_env(channel, "ROPE", "");
	}
	if (wants & USER_SESSION)
		channel_request_start(channel, "exec", "true");
	else
		channel_request_start(channel, "shell", NULL);
	return u;
}

static void
open_direct(struct user_channels *c, bool is_unix)
{
	struct channel_target target = { .host = "web", .port = 80 };

	if (is_unix)
		target.path = "/run/socket";
	add(c, channel_open_direct(c->session, &target, WINDOW_FIRST));
}

/* On a port, or (-1) on a Unix socket. */
static void
listen_there(struct user_channels *c, int port)
{
	struct remote_listener **l = c->listeners;

	while (l < c->listeners + USER_LISTENERS && *l != NULL)
		l++;
	if (l == c->listeners + USER_LISTENERS)
		return;
	if (port >= 0)
		*l = remote_listener_new(c->session, "", port);
	else if (session_can(c->session, SESSION_REMOTE_UNIX))
		*l = remote_listener_new_unix(c->session, "/run/there");
}

/* Have the peer prove all keys that it told of; once. */
static void
ask_for_proof(struct user_channels *c)
{
	struct buf copy = BUF_INIT;
	struct wire keys;

	if (c->wants_proof || !session_can(c->session, SESSION_HOST_PROOF) ||
	    !host_proof_offered(c->session, &keys))
		return;
	c->wants_proof = true;
	buf_add(&copy, keys.data, keys.len);
	host_proof_request(c->session, &copy);
	buf_clear(&copy);
}

static void
look_for_proof(const struct user_channels *c)
{
	const unsigned char *signature;
	struct wire proofs;
	size_t len;

	if (!c->wants_proof ||
	    host_proof_result(c->session, &proofs) != STEP_DONE)
		return;
	while (proofs.len > 0)
		if (wire_get_string(&proofs, &signature, &len) != 0)
			break;
}

void
user_channels_ask(struct user_channels *c, unsigned wants)
{
	if (wants & (USER_SESSION | USER_PTY | USER_AGENT | USER_X11))
		open_session(c, wants)->is_first = true;
	if (wants & USER_DIRECT)
		open_direct(c, false);
	if (wants & USER_LISTENER)
		listen_there(c, 0);
}

static void
drop(struct user_channel *u)
{
	channel_free(u->channel);
	u->channel = NULL;
}

void
user_channels_clear(struct user_channels *c)
{
	for (size_t i = 0; i < USER_CHANNELS; i++)
		drop(&c->items[i]);
	for (size_t i = 0; i < USER_LISTENERS; i++)
		remote_listener_free(c->listeners[i]);
	buf_clear(&c->output);
}

static void
read_stream(struct user_channels *c, struct user_channel *u,
	    enum channel_stream stream)
{
	const unsigned char *data = NULL;

	for (int i = 0; i < READS_PER_TURN; i++) {
		ssize_t n = channel_peek(u->channel, stream, &data);

		assert(n >= -EAGAIN && n <= (ssize_t)CHANNEL_READ_BYTES);
		if (n <= 0)
			return;
		c->bytes += (uint64_t)n;
		if (u->is_first && stream == CHANNEL_STDOUT)
			buf_add(&c->output, data, (size_t)n);
		channel_consume(u->channel, stream, (size_t)n);
	}
}

static void
write_some(struct user_channel *u)
{
	static const unsigned char data[WRITE_MOST];
	ssize_t n;

	if (u->to_write == 0)
		return;
	n = channel_write(u->channel, data, u->to_write);
	assert(n == -EAGAIN || n == -EPIPE ||
	       (n >= 0 && (size_t)n <= u->to_write));
	if (n == -EPIPE)
		u->to_write = 0;
	else if (n > 0)
		u->to_write -= (size_t)n;
}

/* How it ended is told by the first one. */
static void
note_exit(struct user_channels *c, const struct user_channel *u)
{
	const char *signal = NULL, *message = NULL;
	int status = -1;

	if (!u->is_first)
		return;
	c->exit = (int)channel_exit(u->channel, &status, &signal, &message);
	c->status = status;
	if (c->exit == CHANNEL_EXIT_SIGNAL)
		assert(strlen(signal) < SIZE_MAX);
}

static void
step_channel(struct user_channels *c, struct user_channel *u)
{
	struct err e = { .kind = ERR_NONE };
	enum step open = channel_open_step(u->channel, &e);

	if (open == STEP_FAIL) {
		assert(e.kind != ERR_NONE);
		drop(u);
		return;
	}
	if (open == STEP_AGAIN)
		return;
	u->is_open = true;
	(void)channel_start_step(u->channel, &e);
	read_stream(c, u, CHANNEL_STDOUT);
	read_stream(c, u, CHANNEL_STDERR);
	write_some(u);
	note_exit(c, u);
	if (channel_is_eof(u->channel) && channel_is_closed(u->channel)) {
		note_exit(c, u);
		drop(u);
	}
}

static void
accept_all(struct user_channels *c)
{
	struct channel *channel;
	struct err e;

	while (c->wants_agent &&
	       (channel = session_accept_agent(c->session)) != NULL)
		add(c, channel);
	while (c->wants_x11 &&
	       (channel = session_accept_x11(c->session)) != NULL)
		add(c, channel);
	for (size_t i = 0; i < USER_LISTENERS; i++) {
		struct remote_listener *l = c->listeners[i];

		if (l == NULL || remote_listener_step(l, &e) != STEP_DONE)
			continue;
		(void)remote_listener_port(l);
		while ((channel = remote_listener_accept(l)) != NULL)
			add(c, channel);
	}
}

void
user_channels_step(struct user_channels *c)
{
	accept_all(c);
	look_for_proof(c);
	for (size_t i = 0; i < USER_CHANNELS; i++)
		if (c->items[i].channel != NULL)
			step_channel(c, &c->items[i]);
}

enum act {
	ACT_SESSION,
	ACT_DIRECT,
	ACT_LISTEN,
	ACT_UNLISTEN,
	ACT_WRITE,
	ACT_EOF,
	ACT_CLOSE,
	ACT_FREE,
	ACT_RESIZE,
	ACT_SIGNAL,
	ACT_LIMIT,
	ACT_PROBE,
	ACT_ABANDON,
	ACT_DISCONNECT,
	ACT_REKEY,
	ACT_BREAK,
	ACT_LISTEN_UNIX,
	ACT_PROVE,
	ACTS,
};

static void
act_on_channel(struct user_channel *u, enum act act, uint8_t arg,
	       bool can_break)
{
	const struct channel_size size = { arg, 24, 0, 0 };

	if (u->channel == NULL)
		return;
	if (act == ACT_RESIZE)
		channel_set_size(u->channel, &size);
	else if (act == ACT_FREE)
		drop(u);
	else if (!u->is_open)
		return;
	if (act == ACT_WRITE)
		u->to_write += u->to_write == 0 ? (size_t)arg * 257 + 1 : 0;
	else if (act == ACT_EOF && u->to_write == 0)
		channel_send_eof(u->channel);
	else if (act == ACT_CLOSE)
		channel_close(u->channel);
	else if (act == ACT_SIGNAL)
		(void)channel_send_signal(u->channel, "INT");
	else if (act == ACT_BREAK && can_break)
		(void)channel_send_break(u->channel, arg);
	else if (act == ACT_LIMIT)
		channel_limit_window(u->channel, (uint32_t)arg << 10);
}

void
user_channels_act(struct user_channels *c, uint8_t what, uint8_t arg)
{
	size_t i = arg % USER_LISTENERS;

	switch ((enum act)(what % ACTS)) {
	case ACT_SESSION:
		(void)open_session(c, arg);
		break;
	case ACT_DIRECT:
		open_direct(c, arg & 1);
		break;
	case ACT_LISTEN:
		listen_there(c, arg);
		break;
	case ACT_UNLISTEN:
		remote_listener_free(c->listeners[i]);
		c->listeners[i] = NULL;
		break;
	case ACT_PROBE:
		session_probe(c->session);
		break;
	case ACT_ABANDON:
		session_abandon_open(c->session, 0);
		break;
	case ACT_DISCONNECT:
		session_disconnect(c->session);
		break;
	case ACT_REKEY:
		if (session_can(c->session, SESSION_REKEY))
			session_rekey(c->session);
		break;
	case ACT_LISTEN_UNIX:
		listen_there(c, -1);
		break;
	case ACT_PROVE:
		ask_for_proof(c);
		break;
	case ACT_BREAK:
	case ACT_WRITE:
	case ACT_EOF:
	case ACT_CLOSE:
	case ACT_FREE:
	case ACT_RESIZE:
	case ACT_SIGNAL:
	case ACT_LIMIT:
	case ACTS:
		act_on_channel(&c->items[what / ACTS % USER_CHANNELS],
			       (enum act)(what % ACTS), arg,
			       session_can(c->session, SESSION_BREAK));
		break;
	}
}
