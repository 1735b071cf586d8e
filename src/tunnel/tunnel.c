#include "tunnel/tunnel.h"

#include <openssl/rand.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/err_log.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "client/client.h"
#include "conf/conf.h"
#include "net/loop.h"
#include "tunnel/backoff.h"
#include "tunnel/report.h"
#include "tunnel/surroundings.h"
#include "tunnel/takeover.h"
#include "tunnel/verdict.h"

/* Who was sent away for an offence is not let in before. */
#define LATER_MS 30000

/* Who is hurried by a network that changes all the time, and gets no further,
 * is hurried less and less. */
#define HURRY_LEAST_MS 3000
#define HURRY_MOST_MS 60000
/* What was lost so soon was never there: the outage goes on. */
#define BRIEF_MS 1000
/* An attempt that got nowhere for so long is no good. */
#define DIALING_MS 5000

struct tunnel {
	struct tunnel_params params;
	struct client *client;
	struct report *report;
	struct takeover *takeover;         /* TakeOverListener; or NULL */
	struct surroundings *surroundings; /* NULL without Reconnect */
	struct loop_timer *timer;          /* until the next attempt */
	struct loop_timer *patience;       /* -f, until all is there */
	struct backoff backoff;
	struct err lost;       /* why there is no connection now */
	int64_t lost_at_ms;    /* since when */
	int64_t up_at_ms;      /* since when there is one; 0: there is none */
	int64_t ready_at_ms;   /* and all is there with it; 0: it is not */
	bool was_up;           /* there was one that we can come back to */
	bool was_ready;        /* and everything was there */
	bool is_waiting;       /* for the next attempt */
	bool is_sent_away;     /* the server keeps us out meanwhile */
	int64_t next_at_ms;    /* when it is due */
	int64_t hurry_at_ms;   /* when it may be made sooner */
	int64_t hurry_ms;      /* and how long after the last time */
	int64_t dialing_at_ms; /* since when one is; 0: it got somewhere */
	bool wants_connection; /* a new one, at once */
	bool is_too_late;      /* for -f: not all came to be there */
	int signo;             /* that ended us while waiting, or 0 */
	int sent;              /* the signal that is to end us, or 0 */
};

static void
on_too_late(void *arg)
{
	struct tunnel *t = arg;

	t->is_too_late = true;
}

static void
tell(struct tunnel *t, struct news n)
{
	n.client = t->client;
	n.attempt = t->backoff.attempts;
	report_tell(t->report, &n);
}

static void
note_ready(struct tunnel *t)
{
	if (t->was_ready)
		log_info("Connected again.");
	else if (t->params.conf->reconnect != CONF_RECONNECT_NO &&
		 client_needs_answers(t->client))
		log_info("Reconnect: this login needed an answer, and nothing "
			 "is asked twice; see ReconnectKeepSecrets.");
	t->was_ready = true;
}

/* Who waits for -f waits as long as Reconnect would for a connection: here it
 * is a forwarding that is refused again and again. */
static void
wait_for_all(struct tunnel *t)
{
	const struct conf *o = t->params.conf;

	if (t->patience != NULL || t->was_up || o->reconnect <= 0 ||
	    !o->fork_after_authentication)
		return;
	t->patience = loop_timer_new(t->params.loop, on_too_late, t);
	loop_timer_set(t->patience, (int64_t)o->reconnect * 1000);
}

static void
on_event(void *arg, enum client_event event)
{
	static const enum news_kind kinds[] = {
		[CLIENT_CONNECTING] = NEWS_CONNECTING,
		[CLIENT_CONNECTED] = NEWS_CONNECTED,
		[CLIENT_HOST_KEY] = NEWS_HOST_KEY,
		[CLIENT_LOGGED_IN] = NEWS_LOGGED_IN,
		[CLIENT_FORWARDS] = NEWS_FORWARDS,
		[CLIENT_READY] = NEWS_READY,
		[CLIENT_SILENT] = NEWS_SILENT,
		[CLIENT_HEARD] = NEWS_HEARD,
	};
	struct tunnel *t = arg;

	/* that forwardings went down with the last one may be told later */
	if (event != CLIENT_FORWARDS)
		t->dialing_at_ms =
		    event == CLIENT_CONNECTING ? loop_now_ms() : 0;
	if (event == CLIENT_LOGGED_IN) {
		t->up_at_ms = loop_now_ms();
		t->hurry_ms = HURRY_LEAST_MS;
		wait_for_all(t);
	}
	if (event == CLIENT_READY) {
		t->ready_at_ms = loop_now_ms();
		note_ready(t);
	}
	tell(t, (struct news){ .kind = kinds[event] });
}

static int
settle(void *arg, struct err *e)
{
	struct tunnel *t = arg;

	t->was_up = true;
	return t->params.settle(t->params.arg, e);
}

static bool
aside(void *arg, struct session *s)
{
	struct tunnel *t = arg;
	struct client_facts facts;

	if (t->takeover == NULL)
		return false;
	client_facts(t->client, &facts);
	if (takeover_step(t->takeover, s, facts.forwards))
		client_hurry_forwards(t->client);
	return takeover_is_learning(t->takeover);
}

static void
wake_client(void *arg)
{
	struct tunnel *t = arg;

	client_prod(t->client);
}

static void
on_time(void *arg)
{
	struct tunnel *t = arg;

	t->is_waiting = false;
	client_begin_again(t->client);
}

/* Whatever the present connection is worth. */
static void
connect_now(struct tunnel *t)
{
	if (t->is_waiting) {
		loop_timer_set(t->timer, 0);
		return;
	}
	t->wants_connection = true;
	client_drop(t->client);
}

static void
wait_until(struct tunnel *t, int64_t at_ms)
{
	int64_t left_ms = at_ms - loop_now_ms();

	t->is_waiting = true;
	t->next_at_ms = at_ms;
	loop_timer_set(t->timer, left_ms > 0 ? left_ms : 0);
}

/* The next attempt, as soon as may be. */
static void
hurry(struct tunnel *t)
{
	int64_t at_ms = loop_now_ms();

	if (at_ms < t->hurry_at_ms)
		at_ms = t->hurry_at_ms;
	if (at_ms >= t->next_at_ms)
		return;
	if (t->hurry_ms == HURRY_LEAST_MS)
		t->backoff.attempts = 0;
	wait_until(t, at_ms);
	t->hurry_at_ms = at_ms + t->hurry_ms;
	if (t->hurry_ms < HURRY_MOST_MS)
		t->hurry_ms *= 2;
}

/* An attempt that has not got anywhere began in another world; but jump hosts
 * are on the way for longer, and at first the user may be asked. */
static bool
is_stuck(const struct tunnel *t)
{
	return t->was_up && t->dialing_at_ms != 0 &&
	       t->params.conf->proxy_jump.len == 0 &&
	       loop_now_ms() - t->dialing_at_ms >= DIALING_MS;
}

/* What failed before may work now, and what works may have died without a word.
 */
static void
on_surroundings(void *arg)
{
	struct tunnel *t = arg;

	if (t->is_waiting && !t->is_sent_away)
		hurry(t);
	else if (!t->is_waiting && is_stuck(t))
		connect_now(t);
	else if (!t->is_waiting)
		client_examine(t->client);
}

struct tunnel *
tunnel_new(const struct tunnel_params *p, struct err *e)
{
	struct tunnel *t = xcalloc(1, sizeof(*t));
	struct client_params client = {
		.loop = p->loop,
		.conf = p->conf,
		.console = p->console,
		.inherited = p->inherited,
		.guests = p->guests,
		.shared = p->shared,
		.settle = settle,
		.aside = aside,
		.tell = on_event,
		.arg = t,
	};

	t->params = *p;
	t->lost_at_ms = loop_now_ms();
	t->hurry_ms = HURRY_LEAST_MS;
	t->backoff.min_ms = p->conf->reconnect_delay_min_ms;
	t->backoff.max_ms = p->conf->reconnect_delay_max_ms;
	t->report = report_new(p->loop, p->conf, p->manager, e);
	if (t->report == NULL) {
		tunnel_free(t);
		return NULL;
	}
	t->timer = loop_timer_new(p->loop, on_time, t);
	if (p->conf->take_over_listener)
		t->takeover = takeover_new(p->loop, wake_client, t);
	if (p->conf->reconnect != CONF_RECONNECT_NO)
		t->surroundings = surroundings_new(p->loop, on_surroundings, t);
	memcpy(client.fds, p->fds, sizeof(client.fds));
	t->client = client_new(&client);
	return t;
}

void
tunnel_free(struct tunnel *t)
{
	if (t == NULL)
		return;
	client_free(t->client);
	takeover_free(t->takeover);
	surroundings_free(t->surroundings);
	loop_timer_free(t->timer);
	loop_timer_free(t->patience);
	report_free(t->report);
	free(t);
}

static struct verdict_case
case_of(const struct tunnel *t)
{
	return (struct verdict_case){
		.err = client_reason(t->client),
		.was_up = t->was_up,
		.retries_first = t->params.conf->reconnect_first,
		.may_begin_again = client_may_begin_again(t->client),
		.needs_answers = client_needs_answers(t->client),
		.lost_ms = loop_now_ms() - t->lost_at_ms,
		.patience_ms = t->params.conf->reconnect < 0
				   ? -1
				   : (int64_t)t->params.conf->reconnect * 1000,
	};
}

static uint32_t
any_number(void)
{
	uint32_t number = 0;

	RAND_bytes((unsigned char *)&number, sizeof(number));
	return number;
}

/* A server that lets us in and then sends us away, or refuses a forwarding,
 * time after time, is one outage: each attempt comes later than the last. */
static void
note_loss(struct tunnel *t)
{
	int64_t now_ms = loop_now_ms();
	bool was_whole =
	    t->ready_at_ms != 0 && now_ms - t->ready_at_ms >= BRIEF_MS;

	if (t->up_at_ms == 0)
		return;
	backoff_lasted(&t->backoff, now_ms - t->up_at_ms);
	if (was_whole || t->backoff.attempts == 0)
		t->lost_at_ms = now_ms;
	t->up_at_ms = t->ready_at_ms = 0;
	tell(t, (struct news){ .kind = NEWS_LOST, .err = &t->lost });
}

/* How long to wait for the next attempt; the last one is made when there is no
 * more time. */
static int64_t
choose_delay_ms(struct tunnel *t, const struct verdict_case *c)
{
	int64_t delay_ms = backoff_next_ms(
	    &t->backoff, loop_now_ms() - t->lost_at_ms, any_number());

	t->is_sent_away =
	    !t->wants_connection && verdict_of(c) == VERDICT_LATER;
	if (t->wants_connection)
		return 0;
	if (t->is_sent_away)
		delay_ms += LATER_MS;
	if (c->patience_ms > 0 && delay_ms > c->patience_ms - c->lost_ms)
		delay_ms = c->patience_ms - c->lost_ms;
	return delay_ms;
}

/* Make it again, after a while. */
static void
retry(struct tunnel *t, const struct verdict_case *c)
{
	int64_t delay_ms = choose_delay_ms(t, c);

	t->wants_connection = false;
	client_drop(t->client);
	if (delay_ms > 0)
		log_info("Connecting again in %.1f s%s.",
			 (double)delay_ms / 1000,
			 client_is_attended(t->client) ? " (^C ends)" : "");
	tell(t, (struct news){
		    .kind = NEWS_RETRYING,
		    .err = &t->lost,
		    .delay_ms = delay_ms,
		});
	wait_until(t, loop_now_ms() + delay_ms);
}

/* The connection, or an attempt at one, has failed. */
static enum step
judge(struct tunnel *t, struct err *e)
{
	struct verdict_case c;
	const char *reason;
	bool worked = t->up_at_ms != 0;

	t->lost = *client_reason(t->client);
	note_loss(t);
	c = case_of(t);
	c.worked = worked;
	reason = verdict_reason(&c);
	if (verdict_of(&c) == VERDICT_END) {
		if (reason != NULL)
			log_info("%s", reason);
		return STEP_FAIL;
	}
	err_log(e);
	retry(t, &c);
	return STEP_AGAIN;
}

static enum step
result(struct tunnel *t, int *ret_status, struct err *e)
{
	enum step step = STEP_AGAIN;

	if (t->signo == 0 && !t->is_waiting)
		step = client_result(t->client, ret_status, e);
	/* who was to end, and failed in the same turn, does not come back */
	if (step == STEP_FAIL && t->sent != 0)
		t->signo = t->sent;
	if (t->signo != 0) {
		e->kind = ERR_NONE;
		*ret_status = client_signal_status(t->params.conf, t->signo);
		return STEP_DONE;
	}
	if (step == STEP_AGAIN && t->is_too_late && !t->was_up) {
		err_set(e, ERR_FORWARD,
			"Giving up: not all forwardings were there for as long "
			"as Reconnect allows.");
		return STEP_FAIL;
	}
	return step == STEP_FAIL ? judge(t, e) : step;
}

enum step
tunnel_result(struct tunnel *t, int *ret_status, struct err *e)
{
	struct news n = { .kind = NEWS_EXIT, .status = 255 };
	enum step step = result(t, ret_status, e);

	if (step == STEP_AGAIN) {
		report_look(t->report);
		return step;
	}
	n.signo = t->sent;
	if (step == STEP_DONE)
		n.status = *ret_status;
	else
		n.err = e;
	tell(t, n);
	return step;
}

void
tunnel_signal(struct tunnel *t, int signo)
{
	/* with a terminal, SIGHUP says that it is gone; be it one that only
	 * we were started from (-N) */
	bool can_come_back = t->params.conf->reconnect != CONF_RECONNECT_NO &&
			     !client_is_attended(t->client) &&
			     !fd_is_hung_up(t->params.fds[0]);

	if (signo == SIGUSR1) {
		report_print(t->report);
		return;
	}
	if (signo == SIGHUP && can_come_back) {
		connect_now(t);
		return;
	}
	t->sent = signo;
	if (t->is_waiting)
		t->signo = signo;
	else
		client_signal(t->client, signo);
}
