#include "forward/crossing.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/forward_spec.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "forward/idle.h"
#include "forward/relay.h"
#include "net/dial.h"
#include "net/socket.h"
#include "ssh/channel.h"

/* OpenSSH's; what a channel may use grows with need (window.h). */
#define WINDOW_BYTES ((uint32_t)2 * 1024 * 1024)
/* A SOCKS request is at most 262 bytes; what follows is data. */
#define PRELUDE_BYTES 512
/* More wait until these are connected. */
#define CONNECTING_MAX 64

enum phase {
	PHASE_PRELUDE,
	PHASE_REACHING,
	PHASE_GREETING,
	PHASE_CARRYING,
	PHASE_OVER,
};

struct crossing {
	struct crossing *next;
	struct crossings *all;
	void *state;
	enum phase phase;
	bool is_inbound;   /* it came by the channel */
	bool has_listened; /* to what it says */
	struct socket *socket;
	struct channel *channel;
	struct dial *dial;
	struct buf heard,
	    said; /* from and to whoever came, not passed on yet */
	struct relay *relay;
	struct idle_watch *watch;
	char *origin; /* who came, or NULL */
	char *target; /* likewise; both for messages */
};

static struct crossing *
crossing_new(struct crossings *all, void *state)
{
	struct crossing *c = xcalloc(1, sizeof(*c));

	c->all = all;
	c->state = state;
	c->heard.wipe = true;
	c->next = all->first;
	all->first = c;
	all->count++;
	return c;
}

static bool
has_room_to_connect(const struct crossings *all)
{
	return all->n_connecting < CONNECTING_MAX;
}

bool
crossings_have_room(const struct crossings *all)
{
	return has_room_to_connect(all) &&
	       (all->most == 0 || all->count < all->most);
}

static void
drop_dial(struct crossing *c)
{
	struct crossings *all = c->all;

	if (c->dial == NULL)
		return;
	dial_free(c->dial);
	c->dial = NULL;
	if (!has_room_to_connect(all))
		all->has_room_again = true;
	all->n_connecting--;
}

/* Take the first of a list out of it, and free it. */
static void
free_first(struct crossing **at)
{
	struct crossing *c = *at;
	struct crossings *all = c->all;

	*at = c->next;
	if (all->count == all->most)
		all->has_room_again = true;
	all->count--;
	if (all->kind->release != NULL)
		all->kind->release(c->state, c);
	idle_unwatch(c->watch);
	relay_free(c->relay);
	drop_dial(c);
	socket_free(c->socket);
	channel_free(c->channel);
	buf_clear(&c->heard);
	buf_clear(&c->said);
	free(c->origin);
	free(c->target);
	free(c);
}

/* For whom the next session can do what this one was to do. */
static bool
can_be_spared(const struct crossing *c)
{
	return c->all->kind->spare != NULL && !c->is_inbound &&
	       c->phase == PHASE_REACHING && !c->has_listened;
}

void
crossings_clear(struct crossings *all)
{
	while (all->first != NULL) {
		struct crossing *c = all->first;

		if (can_be_spared(c)) {
			all->kind->spare(c->state, socket_release(c->socket));
			c->socket = NULL;
		}
		free_first(&all->first);
	}
}

static void
end(struct crossing *c)
{
	c->phase = PHASE_OVER;
}

static void
note(struct crossing *c, const char *why)
{
	if (c->all->kind->note != NULL)
		c->all->kind->note(c->state, why);
}

static bool
take_socket(struct crossing *c, int fd)
{
	struct err e = { .kind = ERR_NONE };

	c->socket = socket_new(c->all->loop, fd, c->all->wake, c->all->arg, &e);
	if (c->socket != NULL)
		return true;
	log_error("%s", e.text);
	end(c);
	return false;
}

static void
set_origin(struct crossing *c, const char *host, int port)
{
	char *shown;

	if (host == NULL)
		return;
	shown = str_visible_line(host, strlen(host));
	c->origin = xasprintf("%s port %d", shown, port);
	free(shown);
}

static void
set_target(struct crossing *c, const struct forward_end *to)
{
	char *text = forward_end_name(to);

	/* a SOCKS client may have chosen it */
	c->target = str_visible_line(text, strlen(text));
	free(text);
}

void
crossing_reach_there(struct crossing *c, struct session *session,
		     const struct forward_end *to)
{
	char from[NI_MAXHOST];
	struct channel_target target = {
		.path = to->path,
		.host = to->host,
		.port = to->port,
	};

	socket_peer(c->socket, from, sizeof(from), &target.from_port);
	if (from[0] != '\0')
		target.from_host = from;
	set_origin(c, target.from_host, target.from_port);
	set_target(c, to);
	c->channel = channel_open_direct(session, &target, WINDOW_BYTES);
	c->phase = PHASE_REACHING;
}

void
crossing_reach_here(struct crossing *c, const struct forward_end *to,
		    bool is_abstract)
{
	const struct dial_params p = {
		.host = to->host,
		.port = to->port,
		.path = to->path,
		.is_abstract = is_abstract,
		.family = c->all->family,
	};

	set_target(c, to);
	c->dial = dial_new(c->all->loop, &p, c->all->wake, c->all->arg);
	c->all->n_connecting++;
	c->phase = PHASE_REACHING;
}

/* Append what whoever came has said; as socket_read(). */
static ssize_t
hear(struct crossing *c)
{
	const unsigned char *data;
	ssize_t n;

	if (!c->is_inbound) {
		n = socket_read(c->socket, buf_room(&c->heard, PRELUDE_BYTES),
				PRELUDE_BYTES);
		c->heard.len += n > 0 ? (size_t)n : 0;
		c->has_listened = c->has_listened || n > 0;
		return n;
	}
	n = channel_peek(c->channel, CHANNEL_STDOUT, &data);
	if (n > 0) {
		buf_add(&c->heard, data, (size_t)n);
		channel_consume(c->channel, CHANNEL_STDOUT, (size_t)n);
	}
	return n;
}

/* A few bytes: they fit, or nobody reads them, or the relay sends them. */
static void
say(struct crossing *c)
{
	ssize_t n = 1;

	while (c->said.len > 0 && n > 0) {
		n = c->is_inbound
			? channel_write(c->channel, c->said.data, c->said.len)
			: socket_write(c->socket, c->said.data, c->said.len);
		if (n > 0)
			buf_consume(&c->said, (size_t)n);
	}
}

static enum step
run_prelude(struct crossing *c)
{
	const struct crossing_kind *kind = c->all->kind;

	if (kind->prelude == NULL)
		return STEP_DONE;
	return kind->prelude(c->state, &c->heard, &c->said);
}

static void
step_prelude(struct crossing *c)
{
	enum step step;
	ssize_t n = 1;

	if (c->is_inbound && !has_room_to_connect(c->all))
		return;
	while ((step = run_prelude(c)) == STEP_AGAIN && n > 0)
		n = hear(c);
	say(c);
	if (c->socket != NULL)
		socket_want(c->socket, step == STEP_AGAIN, false);
	if (step == STEP_DONE)
		c->all->kind->reach(c->state, c);
	else if (step == STEP_FAIL || n != -EAGAIN)
		end(c);
}

/* As dial_step(), for both ways; an errno instead of STEP_FAIL. */
static enum step
reach(struct crossing *c, int *ret_error, struct err *e)
{
	enum step step;
	int fd;

	*ret_error = 0;
	if (c->dial == NULL) {
		step = channel_open_step(c->channel, e);
		if (step == STEP_FAIL) {
			*ret_error = EIO;
			err_wrap(e, "%s", c->target);
		}
		return step;
	}
	step = dial_step(c->dial, &fd, e);
	if (step == STEP_AGAIN)
		return step;
	if (step == STEP_FAIL)
		*ret_error = dial_errno(c->dial);
	drop_dial(c);
	return step == STEP_DONE && !take_socket(c, fd) ? STEP_AGAIN : step;
}

static void
step_reaching(struct crossing *c)
{
	const struct crossing_kind *kind = c->all->kind;
	struct err e = { .kind = ERR_NONE };
	int error;
	enum step step = reach(c, &error, &e);

	if (step == STEP_AGAIN)
		return;
	if (kind->answer != NULL)
		kind->answer(c->state, error, &c->said);
	c->phase = PHASE_GREETING;
	if (step == STEP_DONE)
		return;
	note(c, e.text);
	say(c);
	end(c);
}

/* What was said and heard goes before everything else. */
static void
start_relay(struct crossing *c)
{
	c->relay = relay_new(c->socket, c->channel);
	relay_prepend(c->relay, c->is_inbound ? &c->said : &c->heard,
		      c->is_inbound ? &c->heard : &c->said);
	buf_clear(&c->heard);
	buf_clear(&c->said);
	note(c, NULL);
}

static void
step_greeting(struct crossing *c)
{
	const struct crossing_kind *kind = c->all->kind;
	struct err e = { .kind = ERR_NONE };
	enum step step = STEP_DONE;

	if (kind->greet != NULL)
		step = kind->greet(c->state, c->socket, c->channel, &e);
	if (step == STEP_AGAIN)
		return;
	c->phase = PHASE_CARRYING;
	c->watch = idle_watch(c->all->idle, kind->type(c->state), c->channel);
	if (step == STEP_FAIL) {
		note(c, e.text);
		end(c);
	} else if (kind->carry == NULL) {
		start_relay(c);
	}
}

/* Returns true if there is more to do at once. */
static bool
carry(struct crossing *c)
{
	struct err e = { .kind = ERR_NONE };
	bool more = false;
	enum step step;

	if (c->relay != NULL) {
		more = relay_step(c->relay);
		if (relay_is_done(c->relay))
			end(c);
		return more;
	}
	step = c->all->kind->carry(c->state, c->socket, c->channel, &e);
	if (step != STEP_AGAIN) {
		note(c, step == STEP_FAIL ? e.text : NULL);
		end(c);
	}
	return false;
}

static bool
step_carrying(struct crossing *c)
{
	bool more = carry(c);

	if (idle_has_expired(c->watch))
		end(c);
	return more;
}

static bool
crossing_step(struct crossing *c)
{
	if (c->phase == PHASE_PRELUDE)
		step_prelude(c);
	if (c->phase == PHASE_REACHING)
		step_reaching(c);
	if (c->phase == PHASE_GREETING)
		step_greeting(c);
	return c->phase == PHASE_CARRYING && step_carrying(c);
}

void
crossing_from_socket(struct crossings *all, void *state, int fd)
{
	struct crossing *c = crossing_new(all, state);

	if (take_socket(c, fd))
		step_prelude(c);
	all->wake(all->arg);
}

void
crossing_from_channel(struct crossings *all, void *state,
		      struct channel *channel)
{
	struct crossing *c = crossing_new(all, state);
	const char *host;
	int port;

	c->is_inbound = true;
	c->channel = channel;
	host = channel_originator(channel, &port);
	set_origin(c, host, port);
	step_prelude(c);
}

bool
crossings_step(struct crossings *all)
{
	struct crossing **at = &all->first;
	bool more = false;

	all->is_opening = false;
	while (*at != NULL) {
		struct crossing *c = *at;

		more = crossing_step(c) || more;
		if (c->phase == PHASE_REACHING && c->dial == NULL)
			all->is_opening = true;
		if (c->phase == PHASE_OVER)
			free_first(at);
		else
			at = &c->next;
	}
	/* the next one in line may go on, or come in */
	more = more || all->has_room_again;
	all->has_room_again = false;
	return more;
}

bool
crossings_are_opening(const struct crossings *all)
{
	return all->is_opening;
}

uint64_t
crossing_bytes_in(const struct crossing *c)
{
	return c->relay != NULL ? channel_bytes_in(c->channel) : 0;
}

uint64_t
crossing_bytes_out(const struct crossing *c)
{
	return c->relay != NULL ? channel_bytes_out(c->channel) : 0;
}

void
crossings_print(const struct crossings *all, const char *indent,
		struct buf *out)
{
	for (const struct crossing *c = all->first; c != NULL; c = c->next) {
		buf_addf(out, "%sto %s", indent,
			 c->target != NULL ? c->target : "SOCKS");
		if (c->origin != NULL)
			buf_addf(out, " from %s", c->origin);
		if (c->relay == NULL)
			buf_add_str(out, " (opening)\r\n");
		else
			buf_addf(out, " (%llu bytes in, %llu bytes out)\r\n",
				 (unsigned long long)crossing_bytes_in(c),
				 (unsigned long long)crossing_bytes_out(c));
	}
}
