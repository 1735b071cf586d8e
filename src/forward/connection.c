#include "forward/connection.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "forward/forward.h"
#include "forward/relay.h"
#include "forward/socks.h"
#include "net/conn.h"
#include "net/dial.h"
#include "ssh/channel.h"

/* OpenSSH's; what a connection may use grows with need (relay.c). */
#define WINDOW_BYTES ((uint32_t)2 * 1024 * 1024)
/* A SOCKS request is at most 262 bytes; what follows is data. */
#define SOCKS_READ_BYTES 512

enum phase {
	PHASE_ASKING_HERE,  /* SOCKS on the socket */
	PHASE_OPENING,      /* the server connects to the target */
	PHASE_ASKING_THERE, /* SOCKS on the channel */
	PHASE_CONNECTING,   /* we connect to the target */
	PHASE_RELAYING,
	PHASE_OVER,
};

struct connection {
	struct connection *next;
	struct forward *forward;
	enum phase phase;
	struct conn *conn;       /* while asking here */
	struct channel *channel; /* until the relay has it */
	struct dial *dial;
	struct socks socks;
	struct buf early; /* data that came behind a SOCKS request */
	struct relay *relay;
	char *origin; /* who connected, or NULL */
	char *target; /* both for messages */
};

static void
wake(void *arg)
{
	struct connection *c = arg;
	struct forwards *fs = c->forward->owner;

	fs->params.wake(fs->params.arg);
}

static struct connection *
new_connection(struct forward *f)
{
	struct connection *c = xcalloc(1, sizeof(*c));

	c->forward = f;
	c->next = f->owner->connections;
	f->owner->connections = c;
	f->owner->n_connections++;
	f->open++;
	f->total++;
	socks_init(&c->socks);
	return c;
}

static void
drop_dial(struct connection *c)
{
	if (c->dial != NULL)
		c->forward->owner->n_connecting--;
	dial_free(c->dial);
	c->dial = NULL;
}

void
connection_free(struct connection *c)
{
	struct connection **at = &c->forward->owner->connections;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->forward->owner->n_connections--;
	c->forward->open--;
	if (c->relay != NULL) {
		c->forward->bytes_in += relay_bytes_in(c->relay);
		c->forward->bytes_out += relay_bytes_out(c->relay);
	}
	relay_free(c->relay);
	drop_dial(c);
	conn_free(c->conn);
	channel_free(c->channel);
	socks_clear(&c->socks);
	buf_clear(&c->early);
	free(c->origin);
	free(c->target);
	free(c);
}

static void
set_origin(struct connection *c, const char *host, int port)
{
	char *shown;

	if (host == NULL)
		return;
	shown = str_visible_line(host, strlen(host));
	c->origin = xasprintf("%s port %d", shown, port);
	free(shown);
}

static void
end(struct connection *c)
{
	c->phase = PHASE_OVER;
}

static void
set_target(struct connection *c, const struct forward_end *to)
{
	char *text = to->path != NULL ? xstrdup(to->path)
				      : xasprintf("%s:%d", to->host, to->port);

	/* a SOCKS client may have chosen it */
	free(c->target);
	c->target = str_visible_line(text, strlen(text));
	free(text);
}

/* Let the server connect to the target. */
static void
open_channel(struct connection *c, const struct forward_end *to)
{
	struct forwards *fs = c->forward->owner;
	char from[NI_MAXHOST] = "";
	struct channel_target target = {
		.path = to->path,
		.host = to->host,
		.port = to->port,
		.from_host = from,
	};

	if (c->conn != NULL)
		conn_peer(c->conn, from, sizeof(from), &target.from_port);
	if (from[0] == '\0')
		target.from_host = NULL;
	set_origin(c, target.from_host, target.from_port);
	set_target(c, to);
	c->channel =
	    channel_open_direct(fs->params.session, &target, WINDOW_BYTES);
	c->phase = PHASE_OPENING;
}

void
connection_from_socket(struct forward *f, int fd)
{
	struct connection *c = new_connection(f);
	struct err e = { .kind = ERR_NONE };

	log_debug("Connection to %s requested.", f->text);
	c->conn = conn_new(f->owner->params.loop, fd, wake, c, &e);
	if (c->conn == NULL) {
		log_error("%s", e.text);
		end(c);
	} else if (forward_spec_is_dynamic(&f->spec)) {
		c->phase = PHASE_ASKING_HERE;
		conn_want(c->conn, true, false);
	} else {
		open_channel(c, &f->spec.connect);
	}
	wake(c);
}

static void
connect_here(struct connection *c, const struct forward_end *to)
{
	struct dial_params p = {
		.host = to->host,
		.port = to->port,
		.path = to->path,
		.family = c->forward->owner->params.family,
	};

	set_target(c, to);
	c->dial = dial_new(c->forward->owner->params.loop, &p, wake, c);
	c->forward->owner->n_connecting++;
	c->phase = PHASE_CONNECTING;
}

void
connection_from_channel(struct forward *f, struct channel *channel)
{
	struct connection *c = new_connection(f);
	const char *host;
	int port;

	log_debug("Connection to remote %s.", f->text);
	c->channel = channel;
	host = channel_originator(channel, &port);
	set_origin(c, host, port);
	if (forward_spec_is_dynamic(&f->spec))
		c->phase = PHASE_ASKING_THERE;
	else
		connect_here(c, &f->spec.connect);
}

/* Both ends are there. */
static void
start_relay(struct connection *c, int fd, const struct buf *reply)
{
	struct err e = { .kind = ERR_NONE };

	c->relay =
	    relay_new(c->forward->owner->params.loop, fd, c->channel, &e);
	c->channel = NULL;
	if (c->relay == NULL) {
		log_error("%s", e.text);
		end(c);
		return;
	}
	relay_set_wake(c->relay, wake, c);
	if (forward_is_remote(c->forward->kind))
		relay_prepend(c->relay, reply->data, reply->len, c->early.data,
			      c->early.len);
	else
		relay_prepend(c->relay, c->early.data, c->early.len,
			      reply->data, reply->len);
	buf_clear(&c->early);
	c->phase = PHASE_RELAYING;
}

static enum step
feed_socks(struct connection *c, const void *data, size_t len,
	   struct buf *reply)
{
	size_t used = 0;
	enum step step = socks_feed(&c->socks, data, len, &used, reply);

	if (step == STEP_DONE)
		buf_add(&c->early, (const char *)data + used, len - used);
	if (step == STEP_FAIL)
		log_debug("SOCKS: %s", c->socks.trouble);
	return step;
}

static void
step_asking_here(struct connection *c)
{
	unsigned char data[SOCKS_READ_BYTES];
	struct forward_end to = { .path = NULL };
	struct buf reply = BUF_INIT;
	enum step step = STEP_AGAIN;
	ssize_t n = 1;

	while (step == STEP_AGAIN && n > 0) {
		n = conn_read(c->conn, data, sizeof(data));
		if (n > 0)
			step = feed_socks(c, data, (size_t)n, &reply);
	}
	/* answers are a few bytes: they fit, or nobody reads them */
	if (reply.len > 0)
		conn_write(c->conn, reply.data, reply.len);
	buf_clear(&reply);
	if (step == STEP_DONE) {
		to.host = c->socks.host;
		to.port = c->socks.port;
		conn_want(c->conn, false, false);
		open_channel(c, &to);
	} else if (step == STEP_FAIL || (n <= 0 && n != -EAGAIN)) {
		end(c);
	}
}

/* The socket goes from the conn that waited to the relay. */
static int
take_socket(struct connection *c)
{
	int fd = conn_release(c->conn);

	c->conn = NULL;
	return fd;
}

static void
step_opening(struct connection *c)
{
	struct err e = { .kind = ERR_NONE };
	struct buf reply = BUF_INIT;
	enum step step = channel_open_step(c->channel, &e);

	if (step == STEP_AGAIN)
		return;
	if (forward_spec_is_dynamic(&c->forward->spec))
		socks_reply(&c->socks,
			    step == STEP_DONE ? SOCKS_CONNECTED : SOCKS_FAILED,
			    &reply);
	if (step == STEP_DONE) {
		forward_note_target(c->forward, NULL);
		start_relay(c, take_socket(c), &reply);
	} else {
		c->forward->refused++;
		err_wrap(&e, "%s", c->target);
		forward_note_target(c->forward, e.text);
		if (reply.len > 0)
			conn_write(c->conn, reply.data, reply.len);
		end(c);
	}
	buf_clear(&reply);
}

/* PermitRemoteOpen: may the far side be connected to this? */
/* An entry of PermitRemoteOpen, HOST:PORT: "*" is every host or every port, and
 * nothing else is a pattern. */
static bool
permits(const char *entry, const char *host, int port)
{
	const char *colon = strrchr(entry, ':');
	size_t len;

	if (colon == NULL ||
	    (strcmp(colon, ":*") != 0 && strtol(colon + 1, NULL, 10) != port))
		return false;
	len = (size_t)(colon - entry);
	if (len > 2 && entry[0] == '[' && entry[len - 1] == ']') {
		entry++;
		len -= 2;
	}
	return (len == 1 && *entry == '*') ||
	       (len == strlen(host) && memcmp(entry, host, len) == 0);
}

static bool
is_permitted(const struct connection *c, const char *host, int port)
{
	const struct strv *list = c->forward->owner->params.permit_remote_open;
	bool found = list == NULL || list->len == 0 || strv_has(list, "any");

	for (size_t i = 0; i < (list != NULL ? list->len : 0) && !found; i++)
		found = permits(list->items[i], host, port);
	return found;
}

static void
write_all(struct channel *channel, const struct buf *b)
{
	/* a few bytes into a fresh window */
	if (b->len > 0)
		channel_write(channel, b->data, b->len);
}

static void
step_asking_there(struct connection *c)
{
	const unsigned char *data;
	struct forward_end to = { .path = NULL };
	struct buf reply = BUF_INIT;
	enum step step = STEP_AGAIN;
	ssize_t n = 1;

	if (!forwards_may_connect(c->forward->owner))
		return;
	while (step == STEP_AGAIN && n > 0) {
		n = channel_peek(c->channel, CHANNEL_STDOUT, &data);
		if (n <= 0)
			break;
		step = feed_socks(c, data, (size_t)n, &reply);
		channel_consume(c->channel, CHANNEL_STDOUT, (size_t)n);
	}
	if (step == STEP_DONE &&
	    !is_permitted(c, c->socks.host, c->socks.port)) {
		log_info("%s:%d: not permitted by PermitRemoteOpen",
			 c->socks.host, c->socks.port);
		socks_reply(&c->socks, SOCKS_NOT_ALLOWED, &reply);
		step = STEP_FAIL;
	}
	write_all(c->channel, &reply);
	buf_clear(&reply);
	if (step == STEP_DONE) {
		to.host = c->socks.host;
		to.port = c->socks.port;
		connect_here(c, &to);
	} else if (step == STEP_FAIL || (n <= 0 && n != -EAGAIN)) {
		end(c);
	}
}

static void
step_connecting(struct connection *c)
{
	struct err e = { .kind = ERR_NONE };
	struct buf reply = BUF_INIT;
	enum socks_outcome outcome = SOCKS_CONNECTED;
	int fd = -1;
	enum step step = dial_step(c->dial, &fd, &e);

	if (step == STEP_AGAIN)
		return;
	if (step == STEP_FAIL)
		outcome = socks_outcome_of_errno(dial_errno(c->dial));
	if (forward_spec_is_dynamic(&c->forward->spec))
		socks_reply(&c->socks, outcome, &reply);
	if (step == STEP_DONE) {
		forward_note_target(c->forward, NULL);
		start_relay(c, fd, &reply);
	} else {
		c->forward->refused++;
		forward_note_target(c->forward, e.text);
		write_all(c->channel, &reply);
		end(c);
	}
	buf_clear(&reply);
	drop_dial(c);
	wake(c); /* another one may be waiting */
}

bool
connection_step(struct connection *c)
{
	bool more = false;

	if (c->phase == PHASE_ASKING_HERE)
		step_asking_here(c);
	if (c->phase == PHASE_ASKING_THERE)
		step_asking_there(c);
	if (c->phase == PHASE_OPENING)
		step_opening(c);
	if (c->phase == PHASE_CONNECTING)
		step_connecting(c);
	if (c->phase == PHASE_RELAYING) {
		more = relay_step(c->relay);
		if (relay_is_done(c->relay))
			end(c);
	}
	return more;
}

bool
connection_is_over(const struct connection *c)
{
	return c->phase == PHASE_OVER;
}

bool
connection_is_opening(const struct connection *c)
{
	return c->phase == PHASE_OPENING;
}

struct connection *
connection_next(const struct connection *c)
{
	return c->next;
}

void
connection_print(const struct connection *c, struct buf *out)
{
	buf_addf(out, "%s", c->target != NULL ? c->target : "SOCKS");
	if (c->origin != NULL)
		buf_addf(out, " from %s", c->origin);
	if (c->relay != NULL)
		buf_addf(out, " (%llu bytes in, %llu bytes out)",
			 (unsigned long long)relay_bytes_in(c->relay),
			 (unsigned long long)relay_bytes_out(c->relay));
	else
		buf_add_str(out, " (opening)");
}
