#include "console/pacing.h"

#include <openssl/rand.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "console/internal.h"
#include "console/pacer.h"
#include "net/loop.h"
#include "net/stream.h"
#include "ssh/session.h"

struct pacing {
	struct console *console;
	struct loop_timer *timer;
	struct pacer pacer;
	bool has_typed;
};

struct pacing *
pacing_new(struct console *c)
{
	struct pacing *p;

	if (c->conf->obscure_keystroke_timing <= 0)
		return NULL;
	p = xcalloc(1, sizeof(*p));
	p->console = c;
	p->pacer.interval_ms = c->conf->obscure_keystroke_timing;
	p->timer = loop_timer_new(c->loop, c->view.wake, c->view.arg);
	return p;
}

void
pacing_free(struct pacing *p)
{
	if (p == NULL)
		return;
	loop_timer_free(p->timer);
	free(p);
}

void
pacing_typed(struct pacing *p)
{
	if (p != NULL)
		p->has_typed = true;
}

bool
pacing_may_send(struct pacing *p)
{
	struct pacer_turn turn = { .now_ms = loop_now_ms() };
	enum pacer_verdict verdict;
	struct session *s;
	bool was_active;

	if (p == NULL)
		return true;
	s = p->console->view.session;
	was_active = p->pacer.is_active;
	turn.queued = stream_pending(session_stream(s));
	turn.has_typed = p->has_typed;
	turn.can_pace = session_can(s, SESSION_CHAFF);
	/* a short end is no harm */
	if (RAND_bytes((unsigned char *)&turn.random, sizeof(turn.random)) != 1)
		turn.random = 0;
	p->has_typed = false;
	verdict = pacer_step(&p->pacer, &turn);
	if (p->pacer.is_active != was_active)
		log_debug3("obfuscate_keystroke_timing: %s",
			   was_active ? "stopping" : "starting");
	if (verdict == PACER_CHAFF)
		session_send_chaff(s);
	loop_timer_set(p->timer, pacer_wait_ms(&p->pacer, turn.now_ms));
	return verdict != PACER_HOLD;
}
