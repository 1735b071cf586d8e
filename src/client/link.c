#include "client/link.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "client/interactive.h"
#include "client/internal.h"
#include "client/terminal_state.h"
#include "conf/conf.h"
#include "net/loop.h"
#include "net/stream.h"
#include "ssh/session.h"

/* A program may take its time to react to a key; a probe cannot. */
#define PROBE_AFTER_MS 2000
#define NOTICE_AFTER_MS 5000
#define LOOK_EVERY_MS 1000

struct link {
	struct interactive *owner;
	struct loop_timer *timer;
	int64_t waiting_ms; /* since when; 0: not waiting */
	int64_t probed_ms;  /* when; 0: not yet */
	bool is_noticed;
};

static int64_t
heard_ms(const struct link *l)
{
	return stream_heard_ms(session_stream(l->owner->client->session));
}

/* Text in the window's title, or on a line of its own where that harms
 * nothing: not inside a program that has the screen to itself. */
static void
tell(struct link *l, const char *text)
{
	struct interactive *i = l->owner;
	struct buf out = BUF_INIT;

	if (!ledger_is_between(&i->ledger))
		return;
	if (i->client->conf->link_notice == CONF_LINK_TITLE)
		buf_addf(&out, "\033]2;%s\033\\", text);
	else if (i->ledger.alternate == 0)
		buf_addf(&out, "\r\n[hawser: %s]\r\n", text);
	interactive_say(i, (const char *)out.data, out.len);
	buf_clear(&out);
}

static void
tell_silence(struct link *l, int64_t now_ms)
{
	char *text = xasprintf("nothing heard from %s for %lld s",
			       l->owner->client->host,
			       (long long)(now_ms - l->waiting_ms) / 1000);

	/* what was the title is kept on the terminal's stack */
	if (l->owner->client->conf->link_notice == CONF_LINK_TITLE &&
	    !l->is_noticed)
		interactive_say(l->owner, "\033[22;2t", 7);
	if (!l->is_noticed ||
	    l->owner->client->conf->link_notice == CONF_LINK_TITLE)
		tell(l, text);
	l->is_noticed = true;
	free(text);
}

static void
tell_return(struct link *l)
{
	char *text = xasprintf(
	    "%s answers again after %lld s (round trip of the probe: %lld ms)",
	    l->owner->client->host,
	    (long long)(heard_ms(l) - l->waiting_ms) / 1000,
	    (long long)(heard_ms(l) - l->probed_ms));

	if (l->owner->client->conf->link_notice == CONF_LINK_TITLE)
		interactive_say(l->owner, "\033[23;2t", 7);
	else
		tell(l, text);
	free(text);
}

static void
on_look(void *arg)
{
	struct link *l = arg;
	struct client *c = l->owner->client;
	int64_t now_ms = loop_now_ms();

	if (heard_ms(l) >= l->waiting_ms) {
		if (l->is_noticed)
			tell_return(l);
		l->waiting_ms = 0;
		l->probed_ms = 0;
		l->is_noticed = false;
		return;
	}
	if (l->probed_ms == 0 && now_ms - l->waiting_ms >= PROBE_AFTER_MS) {
		l->probed_ms = now_ms;
		session_probe(c->session, c->channel);
		client_wake(c);
	}
	if (now_ms - l->waiting_ms >= NOTICE_AFTER_MS)
		tell_silence(l, now_ms);
	loop_timer_set(l->timer, LOOK_EVERY_MS);
}

struct link *
link_new(struct interactive *i)
{
	struct link *l;

	if (i->client->conf->link_notice == CONF_LINK_NO || !i->is_on_screen)
		return NULL;
	l = xcalloc(1, sizeof(*l));
	l->owner = i;
	l->timer = loop_timer_new(i->client->loop, on_look, l);
	return l;
}

void
link_free(struct link *l)
{
	if (l == NULL)
		return;
	loop_timer_free(l->timer);
	free(l);
}

/* A key that comes while another waits for its answer waits no longer than
 * that one; but one that was answered, though nobody has looked yet, does not
 * speak for it. */
void
link_typed(struct link *l)
{
	if (l == NULL || l->is_noticed)
		return;
	if (l->waiting_ms != 0 && heard_ms(l) < l->waiting_ms)
		return;
	l->waiting_ms = loop_now_ms();
	l->probed_ms = 0;
	loop_timer_set(l->timer, LOOK_EVERY_MS);
}
