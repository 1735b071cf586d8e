#include "forward/agent_forward.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "forward/agent_preface.h"
#include "forward/relay.h"
#include "net/dial.h"
#include "ssh/channel.h"
#include "ssh/incoming.h"

/* More at a time are not accepted. */
#define LINKS_MAX 64

/* One connection: with a dial, with a preface if there is one, then with
 * one of the other two. */
struct link {
	struct link *next;
	struct channel *channel; /* until the agent is connected */
	struct dial *dial;
	struct agent_preface *preface;
	struct relay *relay;
	struct agent_guard *guard;
};

struct agent_forward {
	struct agent_forward_params params;
	char *path;
	struct buf preface;
	struct link *links;
	size_t n_links;
	bool is_down; /* the last connection to the agent failed */
};

struct agent_forward *
agent_forward_new(const struct agent_forward_params *p)
{
	struct agent_forward *f = xcalloc(1, sizeof(*f));

	f->params = *p;
	f->path = xstrdup(p->path);
	if (p->preface != NULL)
		buf_add(&f->preface, p->preface->data, p->preface->len);
	return f;
}

static void
link_free(struct link *l)
{
	agent_guard_free(l->guard);
	relay_free(l->relay);
	dial_free(l->dial);
	agent_preface_free(l->preface);
	channel_free(l->channel);
	free(l);
}

void
agent_forward_free(struct agent_forward *f)
{
	if (f == NULL)
		return;
	while (f->links != NULL) {
		struct link *l = f->links;

		f->links = l->next;
		link_free(l);
	}
	free(f->path);
	buf_clear(&f->preface);
	free(f);
}

size_t
agent_forward_open(const struct agent_forward *f)
{
	return f->n_links;
}

/* The agent failed (why) or works (NULL): told once per change. */
static void
note(struct agent_forward *f, const char *why)
{
	if (why == NULL && f->is_down)
		log_info("agent forwarding: the agent works again");
	if (why != NULL)
		log_write(f->is_down ? LOG_LEVEL_DEBUG1 : LOG_LEVEL_INFO,
			  "agent forwarding: %s", why);
	f->is_down = why != NULL;
}

static void
accept_channel(struct agent_forward *f, struct channel *channel)
{
	const struct dial_params p = { .path = f->path };
	struct link *l = xcalloc(1, sizeof(*l));

	log_debug("Connection to the agent requested.");
	l->channel = channel;
	l->dial = dial_new(f->params.guard.loop, &p, f->params.guard.wake,
			   f->params.guard.arg);
	l->next = f->links;
	f->links = l;
	f->n_links++;
}

/* STEP_DONE: the agent is connected, and has heard what it is to hear. */
static enum step
connect_agent(struct agent_forward *f, struct link *l, int *ret_fd,
	      struct err *e)
{
	enum step step;

	if (l->dial != NULL) {
		step = dial_step(l->dial, ret_fd, e);
		if (step != STEP_DONE)
			return step;
		dial_free(l->dial);
		l->dial = NULL;
		if (f->preface.len == 0)
			return STEP_DONE;
		l->preface = agent_preface_new(&f->params.guard, *ret_fd,
					       &f->preface, e);
		if (l->preface == NULL)
			return STEP_FAIL;
	}
	step = agent_preface_step(l->preface, ret_fd, e);
	if (step != STEP_AGAIN) {
		agent_preface_free(l->preface);
		l->preface = NULL;
	}
	return step;
}

/* STEP_DONE: the connection is there. */
static enum step
step_connecting(struct agent_forward *f, struct link *l, struct err *e)
{
	const struct agent_guard_params *g = &f->params.guard;
	enum step step;
	int fd;

	step = connect_agent(f, l, &fd, e);
	if (step != STEP_DONE)
		return step;
	if (g->ask != NULL)
		l->guard = agent_guard_new(g, fd, l->channel, e);
	else
		l->relay = relay_new(g->loop, fd, l->channel, e);
	l->channel = NULL;
	if (l->guard == NULL && l->relay == NULL)
		return STEP_FAIL;
	if (l->relay != NULL) {
		relay_set_wake(l->relay, g->wake, g->arg);
		note(f, NULL); /* what it answers we do not see */
	}
	return STEP_DONE;
}

static bool
is_asking(const struct agent_forward *f)
{
	for (const struct link *l = f->links; l != NULL; l = l->next)
		if (l->guard != NULL && agent_guard_is_asking(l->guard))
			return true;
	return false;
}

/* STEP_DONE: the connection is over. */
static enum step
step_link(struct agent_forward *f, struct link *l, bool *ret_more,
	  struct err *e)
{
	enum step step = STEP_DONE;

	if (l->dial != NULL || l->preface != NULL)
		step = step_connecting(f, l, e);
	if (step != STEP_DONE)
		return step;
	if (l->guard != NULL)
		return agent_guard_step(l->guard, is_asking(f), e);
	if (relay_step(l->relay))
		*ret_more = true;
	return relay_is_done(l->relay) ? STEP_DONE : STEP_AGAIN;
}

bool
agent_forward_step(struct agent_forward *f)
{
	struct channel *channel;
	struct link **at = &f->links;
	bool was_asking = is_asking(f), more = false, was_full;

	while (f->n_links < LINKS_MAX &&
	       (channel = session_accept_agent(f->params.session)) != NULL)
		accept_channel(f, channel);
	was_full = f->n_links == LINKS_MAX;
	while (*at != NULL) {
		struct err e = { .kind = ERR_NONE };
		struct link *l = *at;
		enum step step = step_link(f, l, &more, &e);

		if (step == STEP_AGAIN) {
			at = &l->next;
			continue;
		}
		if (step == STEP_FAIL || l->guard != NULL)
			note(f, step == STEP_FAIL ? e.text : NULL);
		*at = l->next;
		f->n_links--;
		link_free(l);
	}
	/* the next one in line may ask now, or come in */
	return more || (was_asking && !is_asking(f)) ||
	       (was_full && f->n_links < LINKS_MAX);
}
