#include "tunnel/state.h"

#include <string.h>

#include "client/client.h"
#include "forward/forwards.h"
#include "tunnel/news.h"

struct summary {
	size_t refused, waiting;
};

static void
count(void *arg, const struct forward_state *s)
{
	struct summary *sum = arg;

	sum->refused += s->phase == FORWARD_REFUSED || s->phase == FORWARD_DEAD;
	sum->waiting += s->phase == FORWARD_WAITING;
}

/* There is a session, or there will be. */
static enum state_phase
phase_of_session(const struct state *s, const struct client_facts *facts)
{
	struct summary sum = { 0, 0 };

	/* in a master's connection it is the master who has logged in */
	if (facts->login == NULL && !s->is_whole)
		return STATE_CONNECTING;
	if (s->is_silent)
		return STATE_SILENT;
	if (facts->forwards != NULL)
		forwards_each(facts->forwards, count, &sum);
	if (sum.waiting > 0)
		return STATE_WAITING_FOR_PORT;
	if (sum.refused > 0)
		return STATE_INCOMPLETE;
	return s->is_whole ? STATE_READY : STATE_CONNECTING;
}

static void
lose(struct state *s)
{
	s->is_whole = s->is_silent = false;
}

static enum state_phase
next_phase(struct state *s, const struct news *n,
	   const struct client_facts *facts)
{
	switch (n->kind) {
	case NEWS_CONNECTING:
		s->attempt++;
		lose(s);
		return STATE_CONNECTING;
	case NEWS_LOST:
		lose(s);
		return STATE_LOST;
	case NEWS_RETRYING:
		lose(s);
		return STATE_WAITING;
	case NEWS_EXIT:
		return STATE_ENDED;
	case NEWS_READY:
		s->is_whole = s->was_ready = true;
		s->attempt = 0;
		break;
	case NEWS_SILENT:
	case NEWS_HEARD:
		s->is_silent = n->kind == NEWS_SILENT;
		break;
	case NEWS_CONNECTED:
	case NEWS_HOST_KEY:
	case NEWS_LOGGED_IN:
	case NEWS_FORWARDS:
		break;
	}
	return phase_of_session(s, facts);
}

void
state_init(struct state *s)
{
	memset(s, 0, sizeof(*s));
	s->started = s->since = moment_now();
}

bool
state_note(struct state *s, const struct news *n,
	   const struct client_facts *facts)
{
	enum state_phase old = s->phase;
	struct moment now = moment_now();

	s->phase = next_phase(s, n, facts);
	if (n->err != NULL)
		s->trouble = *n->err;
	if (n->kind == NEWS_RETRYING)
		s->next_wall_ms = now.wall_ms + n->delay_ms;
	if (n->kind == NEWS_EXIT) {
		s->status = n->status;
		s->has_failed = n->err != NULL;
	}
	if (s->phase == old)
		return false;
	s->since = now;
	return true;
}

const char *
state_name(const struct state *s)
{
	static const char *const names[] = {
		[STATE_CONNECTING] = "connecting",
		[STATE_READY] = "ready",
		[STATE_INCOMPLETE] = "incomplete",
		[STATE_WAITING_FOR_PORT] = "waiting-for-port",
		[STATE_SILENT] = "silent",
		[STATE_LOST] = "lost",
		[STATE_WAITING] = "waiting",
		[STATE_ENDED] = "ended",
	};

	return names[s->phase];
}
