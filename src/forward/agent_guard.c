#include "forward/agent_guard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/xalloc.h"
#include "keys/agent_wire.h"
#include "net/loop.h"
#include "net/socket.h"
#include "ssh/channel.h"

#define READ_BYTES ((size_t)16 * 1024)
/* A signature may wait for a touch or for the agent's own confirmation. */
#define PATIENCE_MS 90000
/* What we say ourselves needs nobody's consent. */
#define PREFACE_PATIENCE_MS 5000

enum phase {
	PHASE_READING,   /* a request, from the channel */
	PHASE_ASKING,    /* it is for a signature: the owner is asking */
	PHASE_SENDING,   /* the request, to the agent */
	PHASE_WAITING,   /* for the agent's answer */
	PHASE_ANSWERING, /* the answer, to the channel */
};

struct agent_guard {
	struct agent_guard_params params;
	struct agent_guard **asking; /* this one, another, or NULL */
	struct channel *channel;
	struct socket *socket;
	struct loop_timer *timer;
	bool is_late;
	enum phase phase;
	bool is_preface;            /* the message in hand is our own */
	struct buf request, answer; /* a message, and perhaps more behind it */
	size_t len, sent;           /* of the message in hand */
};

static void
on_late(void *arg)
{
	struct agent_guard *g = arg;

	g->is_late = true;
	g->params.wake(g->params.arg);
}

struct agent_guard *
agent_guard_new(const struct agent_guard_params *p, const struct buf *preface,
		struct agent_guard **asking)
{
	struct agent_guard *g = xcalloc(1, sizeof(*g));

	g->params = *p;
	g->asking = asking;
	g->timer = loop_timer_new(p->loop, on_late, g);
	if (preface->len > 0) {
		buf_add(&g->request, preface->data, preface->len);
		g->len = preface->len;
		g->is_preface = true;
		g->phase = PHASE_SENDING;
	}
	return g;
}

static void
stop_asking(struct agent_guard *g)
{
	if (*g->asking == g)
		*g->asking = NULL;
}

void
agent_guard_free(struct agent_guard *g)
{
	if (g == NULL)
		return;
	if (*g->asking == g)
		g->params.forget(g->params.arg);
	stop_asking(g);
	loop_timer_free(g->timer);
	buf_clear(&g->request);
	buf_clear(&g->answer);
	free(g);
}

static int64_t
patience_ms(const struct agent_guard *g, enum phase phase)
{
	if (phase != PHASE_WAITING)
		return -1;
	return g->is_preface ? PREFACE_PATIENCE_MS : PATIENCE_MS;
}

static void
enter(struct agent_guard *g, enum phase phase)
{
	g->phase = phase;
	g->sent = 0;
	socket_want(g->socket, phase == PHASE_WAITING || phase == PHASE_READING,
		    false);
	g->is_late = false;
	loop_timer_set(g->timer, patience_ms(g, phase));
}

/* Append what the channel has. STEP_DONE: it has ended. */
static enum step
receive(struct agent_guard *g)
{
	const unsigned char *data;
	ssize_t n = channel_peek(g->channel, CHANNEL_STDOUT, &data);

	if (n > 0) {
		buf_add(&g->request, data, (size_t)n);
		channel_consume(g->channel, CHANNEL_STDOUT, (size_t)n);
	}
	return n == 0 ? STEP_DONE : STEP_AGAIN;
}

/* Between requests an agent has nothing to say but that it goes. */
static enum step
check_agent(struct agent_guard *g, struct err *e)
{
	unsigned char byte;
	ssize_t n = socket_read(g->socket, &byte, 1);

	if (n == -EAGAIN)
		return STEP_AGAIN;
	err_set(e, ERR_FORWARD, "the agent %s",
		n > 0 ? "spoke out of turn" : "closed the connection");
	return STEP_FAIL;
}

static enum step
step_reading(struct agent_guard *g, struct err *e)
{
	const unsigned char *key;
	size_t key_len, had = g->request.len;
	long len = agent_message_len(g->request.data, g->request.len, e);

	if (len < 0)
		return STEP_DONE; /* not the agent protocol */
	if (len > 0) {
		g->len = (size_t)len;
		enter(g, agent_is_sign(g->request.data, g->len, &key, &key_len)
			     ? PHASE_ASKING
			     : PHASE_SENDING);
		return STEP_AGAIN;
	}
	if (receive(g) == STEP_DONE)
		return STEP_DONE;
	return g->request.len > had ? STEP_AGAIN : check_agent(g, e);
}

static void
refuse(struct agent_guard *g)
{
	buf_consume(&g->request, g->len);
	agent_put_failure(&g->answer);
	g->len = g->answer.len;
	enter(g, PHASE_ANSWERING);
}

static enum step
step_asking(struct agent_guard *g)
{
	const unsigned char *key;
	size_t key_len = 0;
	enum step step;

	/* whoever does not wait for the answer needs none */
	if (g->request.len == g->len && receive(g) == STEP_DONE)
		return STEP_DONE;
	if (*g->asking == NULL)
		*g->asking = g;
	if (*g->asking != g)
		return STEP_AGAIN;
	agent_is_sign(g->request.data, g->len, &key, &key_len);
	step = key_len > 0 ? g->params.ask(g->params.arg, key, key_len)
			   : STEP_FAIL;
	if (step != STEP_AGAIN)
		stop_asking(g);
	if (step == STEP_DONE)
		enter(g, PHASE_SENDING);
	if (step == STEP_FAIL)
		refuse(g);
	return STEP_AGAIN;
}

static enum step
step_sending(struct agent_guard *g, struct err *e)
{
	ssize_t n = socket_write(g->socket, g->request.data + g->sent,
				 g->len - g->sent);

	if (n == -EAGAIN) {
		socket_want(g->socket, false, true);
		return STEP_AGAIN;
	}
	if (n < 0) {
		err_set(e, ERR_FORWARD, "the agent: %s", strerror((int)-n));
		return STEP_FAIL;
	}
	g->sent += (size_t)n;
	if (g->sent == g->len) {
		buf_consume(&g->request, g->len);
		enter(g, PHASE_WAITING);
	}
	return STEP_AGAIN;
}

/* The whole answer is there. */
static void
take_answer(struct agent_guard *g, size_t len)
{
	if (g->is_preface)
		buf_reset(&g->answer); /* nobody is to have it */
	g->len = len;
	enter(g, g->is_preface ? PHASE_READING : PHASE_ANSWERING);
	g->is_preface = false;
}

static enum step
step_waiting(struct agent_guard *g, struct err *e)
{
	long len = agent_message_len(g->answer.data, g->answer.len, e);
	ssize_t n;

	if (len > 0) {
		take_answer(g, (size_t)len);
		return STEP_AGAIN;
	}
	if (len < 0)
		return STEP_FAIL;
	n = socket_read(g->socket, buf_room(&g->answer, READ_BYTES),
			READ_BYTES);
	if (n > 0)
		g->answer.len += (size_t)n;
	if (n == 0 || (n < 0 && n != -EAGAIN)) {
		err_set(e, ERR_FORWARD, "the agent %s",
			n == 0 ? "closed the connection" : strerror((int)-n));
		return STEP_FAIL;
	}
	if (n == -EAGAIN && g->is_late) {
		err_set(e, ERR_FORWARD, "the agent does not answer");
		return STEP_FAIL;
	}
	return STEP_AGAIN;
}

static enum step
step_answering(struct agent_guard *g)
{
	ssize_t n = channel_write(g->channel, g->answer.data + g->sent,
				  g->len - g->sent);

	if (n < 0 && n != -EAGAIN)
		return STEP_DONE;
	if (n > 0)
		g->sent += (size_t)n;
	if (g->sent == g->len) {
		buf_consume(&g->answer, g->len);
		enter(g, PHASE_READING);
	}
	return STEP_AGAIN;
}

static enum step
step_once(struct agent_guard *g, struct err *e)
{
	switch (g->phase) {
	case PHASE_READING:
		return step_reading(g, e);
	case PHASE_ASKING:
		return step_asking(g);
	case PHASE_SENDING:
		return step_sending(g, e);
	case PHASE_WAITING:
		return step_waiting(g, e);
	case PHASE_ANSWERING:
		return step_answering(g);
	}
	return STEP_FAIL;
}

enum step
agent_guard_step(struct agent_guard *g, struct socket *agent,
		 struct channel *channel, struct err *e)
{
	enum step step = STEP_AGAIN;
	bool is_moving = true;

	g->socket = agent;
	g->channel = channel;
	while (step == STEP_AGAIN && is_moving) {
		enum phase phase = g->phase;
		size_t request = g->request.len, answer = g->answer.len;
		size_t sent = g->sent;

		if (g->params.ask == NULL && !g->is_preface)
			return STEP_DONE;
		step = step_once(g, e);
		is_moving = phase != g->phase || request != g->request.len ||
			    answer != g->answer.len || sent != g->sent;
	}
	return step;
}
