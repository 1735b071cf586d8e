#include "client/alive.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "client/silence.h"
#include "conf/conf.h"
#include "net/loop.h"
#include "net/pulse.h"
#include "net/stream.h"
#include "ssh/session.h"

/* For an answer where there is reason to doubt. */
#define EXAMINATION_MS 5000

struct alive {
	struct alive_params params;
	struct silence silence;
	struct pulse *pulse;
	struct pulse_watch *watch;
	bool is_told;     /* that it is silent */
	bool is_stranded; /* our address is gone */
};

static struct stream *
stream_of(const struct alive *a)
{
	return session_stream(a->params.session);
}

static int64_t
heard_ms(void *arg)
{
	return stream_heard_ms(stream_of(arg));
}

static struct silence_view
view(const struct alive *a)
{
	const struct stream *s = stream_of(a);
	struct stream_progress progress;

	stream_get_progress(s, &progress);
	return (struct silence_view){
		.now_ms = loop_now_ms(),
		.heard_ms = stream_heard_ms(s),
		.has_input = stream_has_input(s),
		.rtt_ms = stream_rtt_us(s) / 1000,
		.written = progress.written,
		.acknowledged = progress.acknowledged,
		.sent_ms = progress.sent_ms,
		.sign_ms = progress.sign_ms,
	};
}

static void
send_probe(struct alive *a, int64_t limit_ms)
{
	const struct silence_view v = view(a);

	silence_probe(&a->silence, &v, limit_ms);
	session_probe(a->params.session);
	/* so that it is written now, by either engine */
	session_poll_requests(a->params.session);
	a->silence.probe_end = view(a).written;
	pulse_look_in(a->watch, 0);
	a->params.wake(a->params.arg);
}

static void
probe(void *arg)
{
	send_probe(arg, -1);
}

static void
tell(struct alive *a, bool is_silent)
{
	if (a->is_told == is_silent)
		return;
	a->is_told = is_silent;
	if (a->params.tell != NULL)
		a->params.tell(a->params.arg, is_silent);
}

static int64_t
look(void *arg, struct pulse_look *l)
{
	struct alive *a = arg;
	const struct silence_view v = view(a);
	int64_t wait_ms = silence_look(&a->silence, &v, &l->wants_probe);

	tell(a, a->silence.is_doubtful);
	if (a->silence.is_over)
		a->params.wake(a->params.arg);
	return wait_ms;
}

/* As much longer than an interval as 15 seconds are than 10. */
static int64_t
patience_of(const struct conf *o)
{
	return o->reconnect != CONF_RECONNECT_NO
		   ? (int64_t)o->server_alive_interval * 1500
		   : 0;
}

struct alive *
alive_new(const struct alive_params *p)
{
	struct alive *a = xcalloc(1, sizeof(*a));
	const struct pulse_params pulse = {
		.loop = p->loop,
		.heard_ms = heard_ms,
		.probe = probe,
		.arg = a,
	};
	struct silence_view v;

	a->params = *p;
	a->silence.count_max = p->conf->server_alive_count_max;
	/* else the one who asks is the master */
	if (session_can(p->session, SESSION_PROBE)) {
		a->silence.interval_ms =
		    (int64_t)p->conf->server_alive_interval * 1000;
		a->silence.patience_ms = patience_of(p->conf);
	}
	v = view(a);
	silence_begin(&a->silence, &v);
	a->pulse = pulse_new(&pulse);
	a->watch = pulse_watch(a->pulse, 0, look, a);
	return a;
}

void
alive_free(struct alive *a)
{
	if (a == NULL)
		return;
	pulse_unwatch(a->watch);
	pulse_free(a->pulse);
	free(a);
}

struct pulse *
alive_pulse(const struct alive *a)
{
	return a->pulse;
}

enum step
alive_check(struct alive *a, const char *host, struct err *e)
{
	if (a->is_told && heard_ms(a) != a->silence.heard_ms)
		tell(a, false);
	if (a->is_stranded)
		err_set(e, ERR_TIMEOUT,
			"Connection to %s lost: the address that it has here "
			"is gone.",
			host);
	else if (a->silence.is_over)
		err_set(e, ERR_TIMEOUT, "Timeout, server %s not responding.",
			host);
	else
		return STEP_AGAIN;
	return STEP_FAIL;
}

bool
alive_is_doubtful(const struct alive *a)
{
	return a == NULL || a->silence.interval_ms == 0 ||
	       (a->silence.is_doubtful &&
		stream_heard_ms(stream_of(a)) == a->silence.heard_ms);
}

void
alive_examine(struct alive *a)
{
	int64_t limit_ms = EXAMINATION_MS;
	enum own_address own;

	if (a == NULL)
		return;
	own = stream_own_address(stream_of(a));
	a->is_stranded = own == OWN_ADDRESS_LOST;
	if (a->is_stranded)
		a->params.wake(a->params.arg);
	/* what becomes of one that is tentative, the network tells, too */
	if (own != OWN_ADDRESS_OURS || a->silence.interval_ms == 0)
		return;
	if (a->silence.interval_ms < limit_ms)
		limit_ms = a->silence.interval_ms;
	send_probe(a, limit_ms);
}
