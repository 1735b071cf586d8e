#include "client/waiting.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "net/loop.h"

#define PATIENCE_MS 3000
#define EVERY_MS 500
#define TEXT_MAX 300

struct waiting {
	struct loop_timer *timer;
	void (*what)(void *arg, char *text, int size);
	void *arg;
};

static void
on_time(void *arg)
{
	const struct waiting *w = arg;
	char text[TEXT_MAX] = "";

	w->what(w->arg, text, (int)sizeof(text));
	log_stand(*text != '\0' ? text : NULL);
	loop_timer_set(w->timer, EVERY_MS);
}

struct waiting *
waiting_new(struct loop *l, void (*what)(void *arg, char *text, int size),
	    void *arg)
{
	struct waiting *w;

	if (!log_can_stand())
		return NULL;
	w = xcalloc(1, sizeof(*w));
	w->what = what;
	w->arg = arg;
	w->timer = loop_timer_new(l, on_time, w);
	loop_timer_set(w->timer, PATIENCE_MS);
	return w;
}

void
waiting_free(struct waiting *w)
{
	if (w == NULL)
		return;
	log_stand(NULL);
	loop_timer_free(w->timer);
	free(w);
}
