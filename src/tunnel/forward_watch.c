#include "tunnel/forward_watch.h"

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

static void
look_at(void *arg, const struct forward_state *s)
{
	struct forward_watch *w = arg;
	struct seen *seen = w->first;

	while (seen != NULL &&
	       (seen->kind != s->kind || strcmp(seen->text, s->text) != 0))
		seen = seen->next;
	if (seen != NULL && seen->phase == s->phase)
		return;
	if (seen == NULL) {
		seen = xcalloc(1, sizeof(*seen));
		seen->kind = s->kind;
		seen->text = xstrdup(s->text);
		seen->next = w->first;
		w->first = seen;
	}
	seen->phase = s->phase;
	w->changed(w->arg, s);
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
}
