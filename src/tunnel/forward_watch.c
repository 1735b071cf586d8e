#include "tunnel/forward_watch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "forward/forward_state.h"
#include "forward/forwards.h"

struct seen {
	struct seen *next;
	enum forward_kind kind;
	char *text;
	enum forward_phase phase;
	bool is_there; /* it was come across in this look */
};

struct forward_watch {
	struct seen *first;
	void (*changed)(void *arg, const struct forward_state *s);
	void *arg;
};

struct forward_watch *
forward_watch_new(void)
{
	return xcalloc(1, sizeof(struct forward_watch));
}

void
forward_watch_forget(struct forward_watch *w)
{
	while (w->first != NULL) {
		struct seen *seen = w->first;

		w->first = seen->next;
		free(seen->text);
		free(seen);
	}
}

void
forward_watch_free(struct forward_watch *w)
{
	if (w == NULL)
		return;
	forward_watch_forget(w);
	free(w);
}

/* The same may have been asked for twice. */
static struct seen *
find(struct forward_watch *w, const struct forward_state *s)
{
	struct seen *seen = w->first;

	while (seen != NULL && (seen->is_there || seen->kind != s->kind ||
				strcmp(seen->text, s->text) != 0))
		seen = seen->next;
	return seen;
}

static void
look_at(void *arg, const struct forward_state *s)
{
	struct forward_watch *w = arg;
	struct seen *seen = find(w, s);
	bool is_other = seen == NULL || seen->phase != s->phase;

	if (seen == NULL) {
		seen = xcalloc(1, sizeof(*seen));
		seen->kind = s->kind;
		seen->text = xstrdup(s->text);
		seen->next = w->first;
		w->first = seen;
	}
	seen->is_there = true;
	seen->phase = s->phase;
	if (is_other)
		w->changed(w->arg, s);
}

/* Those that were not there are forgotten, and the others looked for anew. */
static void
sweep(struct forward_watch *w)
{
	struct seen **at = &w->first;

	while (*at != NULL) {
		struct seen *seen = *at;

		if (seen->is_there) {
			seen->is_there = false;
			at = &seen->next;
			continue;
		}
		*at = seen->next;
		free(seen->text);
		free(seen);
	}
}

void
forward_watch_look(struct forward_watch *w, const struct forwards *f,
		   void (*changed)(void *arg, const struct forward_state *s),
		   void *arg)
{
	if (f == NULL)
		return;
	w->changed = changed;
	w->arg = arg;
	forwards_each(f, look_at, w);
	sweep(w);
}
