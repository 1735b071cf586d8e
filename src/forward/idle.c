#include "forward/idle.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/match.h"
#include "base/xalloc.h"
#include "net/loop.h"
#include "ssh/channel.h"

#define NEVER (-1)

struct rule {
	char *pattern;
	int64_t limit_ms; /* 0: none */
};

struct idle {
	struct loop_timer *timer;
	int64_t due_ms; /* when the timer runs out; NEVER: it does not run */
	void (*wake)(void *arg);
	void *arg;
	struct rule *rules;
	size_t n_rules;
	int64_t global_ms; /* limit for all together; 0: none */
	int64_t used_ms;   /* when any of them was last used */
};

struct idle_watch {
	struct idle *idle;
	const struct channel *channel;
	char *type;
	int64_t limit_ms; /* 0: only the global one */
	int64_t used_ms;
	uint64_t bytes; /* that had gone over it then */
	bool has_expired;
};

static void
on_timer(void *arg)
{
	struct idle *i = arg;

	i->due_ms = NEVER;
	i->wake(i->arg);
}

struct idle *
idle_new(struct loop *l, void (*wake)(void *arg), void *arg)
{
	struct idle *i = xcalloc(1, sizeof(*i));

	i->timer = loop_timer_new(l, on_timer, i);
	i->due_ms = NEVER;
	i->wake = wake;
	i->arg = arg;
	return i;
}

void
idle_free(struct idle *i)
{
	if (i == NULL)
		return;
	for (size_t j = 0; j < i->n_rules; j++)
		free(i->rules[j].pattern);
	free(i->rules);
	loop_timer_free(i->timer);
	free(i);
}

void
idle_add_rule(struct idle *i, const char *pattern, int seconds)
{
	int64_t limit_ms = (int64_t)seconds * 1000;

	if (strcmp(pattern, "global") == 0) {
		i->global_ms = limit_ms;
		return;
	}
	i->rules = xreallocarray(i->rules, i->n_rules + 1, sizeof(*i->rules));
	i->rules[i->n_rules++] = (struct rule){ xstrdup(pattern), limit_ms };
}

static int64_t
limit_of(const struct idle *i, const char *type)
{
	char *first = xstrndup(type, strcspn(type, ":"));
	int64_t limit_ms = 0;

	for (size_t j = 0; j < i->n_rules; j++)
		if (match_pattern(type, i->rules[j].pattern) ||
		    match_pattern(first, i->rules[j].pattern)) {
			limit_ms = i->rules[j].limit_ms;
			break;
		}
	free(first);
	return limit_ms;
}

/* Have everybody look again no later than this. */
static void
look_at(struct idle *i, int64_t due_ms, int64_t now_ms)
{
	if (i->due_ms != NEVER && i->due_ms <= due_ms)
		return;
	i->due_ms = due_ms;
	loop_timer_set(i->timer, due_ms > now_ms ? due_ms - now_ms : 0);
}

static uint64_t
bytes_of(const struct channel *c)
{
	return channel_bytes_in(c) + channel_bytes_out(c);
}

/* Has it been quiet for so long? If not, somebody looks again. */
static bool
is_over(struct idle *i, int64_t used_ms, int64_t limit_ms, int64_t now_ms)
{
	if (limit_ms == 0)
		return false;
	if (now_ms - used_ms >= limit_ms)
		return true;
	look_at(i, used_ms + limit_ms, now_ms);
	return false;
}

struct idle_watch *
idle_watch(struct idle *i, const char *type, const struct channel *channel)
{
	int64_t limit_ms = i != NULL ? limit_of(i, type) : 0;
	struct idle_watch *w;

	if (i == NULL || (limit_ms == 0 && i->global_ms == 0))
		return NULL;
	w = xcalloc(1, sizeof(*w));
	w->idle = i;
	w->channel = channel;
	w->type = xstrdup(type);
	w->limit_ms = limit_ms;
	w->bytes = bytes_of(channel);
	w->used_ms = i->used_ms = loop_now_ms();
	(void)idle_has_expired(w);
	return w;
}

void
idle_unwatch(struct idle_watch *w)
{
	if (w == NULL)
		return;
	free(w->type);
	free(w);
}

static void
tell(const struct idle_watch *w, bool is_alone)
{
	log_verbose(
	    "%s channel: closing after %lld seconds of inactivity%s", w->type,
	    (long long)(is_alone ? w->limit_ms : w->idle->global_ms) / 1000,
	    is_alone ? "" : " of all channels");
}

bool
idle_has_expired(struct idle_watch *w)
{
	int64_t now_ms;
	uint64_t bytes;
	bool is_alone;

	if (w == NULL || w->has_expired)
		return w != NULL;
	now_ms = loop_now_ms();
	bytes = bytes_of(w->channel);
	if (bytes != w->bytes) {
		w->bytes = bytes;
		w->used_ms = w->idle->used_ms = now_ms;
	}
	is_alone = is_over(w->idle, w->used_ms, w->limit_ms, now_ms);
	w->has_expired = is_alone || is_over(w->idle, w->idle->used_ms,
					     w->idle->global_ms, now_ms);
	if (w->has_expired)
		tell(w, is_alone);
	return w->has_expired;
}
