#include "forward/agent_forward.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/forward_spec.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "forward/crossing.h"
#include "ssh/incoming.h"

/* More at a time are not accepted. */
#define VISITORS_MAX 64

struct agent_forward {
	struct session *session;
	struct agent_guard_params guard;
	struct agent_guard *asking; /* one at a time; or NULL */
	char *path;
	struct buf preface;
	struct crossings visitors;
	bool is_down; /* the last connection to the agent failed */
};

/* Somebody there who wants the agent: the state of a crossing. */
struct visitor {
	struct agent_forward *forward;
	struct agent_guard *guard;
};

static void
reach(void *state, struct crossing *c)
{
	const struct visitor *visitor = state;
	const struct forward_end agent = { .path = visitor->forward->path };

	crossing_reach_here(c, &agent, false);
}

static enum step
guard(void *state, struct socket *agent, struct channel *channel, struct err *e)
{
	const struct visitor *visitor = state;

	return agent_guard_step(visitor->guard, agent, channel, e);
}

/* Told once per change. */
static void
note(void *state, const char *why)
{
	struct agent_forward *f = ((struct visitor *)state)->forward;

	if (why == NULL && f->is_down)
		log_info("agent forwarding: the agent works again");
	if (why != NULL)
		log_write(f->is_down ? LOG_LEVEL_DEBUG1 : LOG_LEVEL_INFO,
			  "agent forwarding: %s", why);
	f->is_down = why != NULL;
}

static void
release(void *state, const struct crossing *c)
{
	struct visitor *visitor = state;

	(void)c;
	agent_guard_free(visitor->guard);
	free(visitor);
}

/* What the agent answers is seen by the first only. */
static const char *
type(const void *state)
{
	(void)state;
	return "agent-connection";
}

static const struct crossing_kind watched = {
	.reach = reach,
	.carry = guard,
	.note = note,
	.type = type,
	.release = release,
};

static const struct crossing_kind unwatched = {
	.reach = reach,
	.greet = guard,
	.note = note,
	.type = type,
	.release = release,
};

struct agent_forward *
agent_forward_new(const struct agent_forward_params *p)
{
	struct agent_forward *f = xcalloc(1, sizeof(*f));

	f->session = p->session;
	f->guard = p->guard;
	f->path = xstrdup(p->path);
	if (p->preface != NULL)
		buf_add(&f->preface, p->preface->data, p->preface->len);
	f->visitors = (struct crossings){
		.kind = p->guard.ask != NULL ? &watched : &unwatched,
		.loop = p->guard.loop,
		.most = VISITORS_MAX,
		.idle = p->idle,
		.wake = p->guard.wake,
		.arg = p->guard.arg,
	};
	return f;
}

void
agent_forward_free(struct agent_forward *f)
{
	if (f == NULL)
		return;
	crossings_clear(&f->visitors);
	free(f->path);
	buf_clear(&f->preface);
	free(f);
}

size_t
agent_forward_open(const struct agent_forward *f)
{
	return f->visitors.count;
}

static void
accept_channel(struct agent_forward *f, struct channel *channel)
{
	struct visitor *visitor = xcalloc(1, sizeof(*visitor));

	log_debug("Connection to the agent requested.");
	visitor->forward = f;
	visitor->guard = agent_guard_new(&f->guard, &f->preface, &f->asking);
	crossing_from_channel(&f->visitors, visitor, channel);
}

bool
agent_forward_step(struct agent_forward *f)
{
	bool was_asking = f->asking != NULL, more;
	struct channel *channel;

	while (crossings_have_room(&f->visitors) &&
	       (channel = session_accept_agent(f->session)) != NULL)
		accept_channel(f, channel);
	more = crossings_step(&f->visitors);
	/* the next one in line may ask now */
	return more || (was_asking && f->asking == NULL);
}
