#include "console/link_notice.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "console/internal.h"
#include "net/loop.h"
#include "net/pulse.h"

/* A program may take its time to react to a key; a probe cannot. */
#define PROBE_AFTER_MS 2000
#define NOTICE_AFTER_MS 5000
#define LOOK_EVERY_MS 1000

struct link_notice {
	struct console *console;
	struct pulse_watch *watch;
	int64_t waiting_ms; /* since when; 0: not waiting */
	int64_t probed_ms;  /* when; 0: not yet */
	bool is_noticed;
};

/* Text in the window's title, or on a line of its own where that harms
 * nothing: not inside a program that has the screen to itself. */
static void
tell(struct link_notice *l, const char *text)
{
	struct console *c = l->console;
	struct buf out = BUF_INIT;

	if (!ledger_is_between(&c->ledger))
		return;
	if (c->conf->link_notice == CONF_LINK_TITLE)
		buf_addf(&out, "\033]2;%s\033\\", text);
	else if (c->ledger.alternate == 0)
		buf_addf(&out, "\r\n[hawser: %s]\r\n", text);
	console_say_buf(&out);
}

static void
tell_silence(struct link_notice *l, int64_t now_ms)
{
	char *text =
	    xasprintf("nothing heard from %s for %lld s", l->console->view.host,
		      (long long)(now_ms - l->waiting_ms) / 1000);

	/* what was the title is kept on the terminal's stack */
	if (l->console->conf->link_notice == CONF_LINK_TITLE && !l->is_noticed)
		console_say("\033[22;2t");
	if (!l->is_noticed || l->console->conf->link_notice == CONF_LINK_TITLE)
		tell(l, text);
	l->is_noticed = true;
	free(text);
}

static void
tell_return(struct link_notice *l, int64_t heard_ms)
{
	char *text = xasprintf(
	    "%s answers again after %lld s (round trip of the probe: %lld ms)",
	    l->console->view.host, (long long)(heard_ms - l->waiting_ms) / 1000,
	    (long long)(heard_ms - l->probed_ms));

	if (l->console->conf->link_notice == CONF_LINK_TITLE)
		console_say("\033[23;2t");
	else
		tell(l, text);
	free(text);
}

static int64_t
look(void *arg, struct pulse_look *p)
{
	struct link_notice *l = arg;

	if (p->heard_ms >= l->waiting_ms) {
		if (l->is_noticed)
			tell_return(l, p->heard_ms);
		l->waiting_ms = 0;
		l->probed_ms = 0;
		l->is_noticed = false;
		return -1;
	}
	if (l->probed_ms == 0 && p->now_ms - l->waiting_ms >= PROBE_AFTER_MS) {
		l->probed_ms = p->now_ms;
		p->wants_probe = true;
	}
	if (p->now_ms - l->waiting_ms >= NOTICE_AFTER_MS)
		tell_silence(l, p->now_ms);
	return LOOK_EVERY_MS;
}

struct link_notice *
link_notice_new(struct console *c)
{
	struct link_notice *l;

	if (c->conf->link_notice == CONF_LINK_NO || !c->is_on_screen)
		return NULL;
	l = xcalloc(1, sizeof(*l));
	l->console = c;
	l->watch = pulse_watch(c->view.pulse, -1, look, l);
	return l;
}

void
link_notice_free(struct link_notice *l)
{
	if (l == NULL)
		return;
	pulse_unwatch(l->watch);
	free(l);
}

/* A key that comes while another waits for its answer waits no longer than
 * that one; but one that was answered, though nobody has looked yet, does not
 * speak for it. */
void
link_notice_typed(struct link_notice *l)
{
	if (l == NULL || l->is_noticed)
		return;
	if (l->waiting_ms != 0 &&
	    pulse_heard_ms(l->console->view.pulse) < l->waiting_ms)
		return;
	l->waiting_ms = loop_now_ms();
	l->probed_ms = 0;
	pulse_look_in(l->watch, LOOK_EVERY_MS);
}
