#include "client/alive.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "client/internal.h"
#include "conf/conf.h"
#include "net/loop.h"
#include "net/stream.h"
#include "ssh/channel.h"
#include "ssh/session.h"

struct alive {
	struct client *client;
	struct loop_timer *timer;
	int64_t heard_ms; /* when bytes last came, as we last looked */
	int silent;       /* intervals since then */
};

static int64_t
interval_ms(const struct alive *a)
{
	return (int64_t)a->client->conf->server_alive_interval * 1000;
}

static bool
is_over(const struct alive *a)
{
	return a->silent > a->client->conf->server_alive_count_max;
}

static void
on_interval(void *arg)
{
	struct alive *a = arg;
	struct client *c = a->client;
	int64_t heard_ms = stream_heard_ms(session_stream(c->session));
	int64_t left_ms = heard_ms + interval_ms(a) - loop_now_ms();

	if (heard_ms != a->heard_ms) {
		a->heard_ms = heard_ms;
		a->silent = 0;
	}
	if (left_ms > 0) {
		loop_timer_set(a->timer, left_ms);
		return;
	}
	a->silent++;
	if (!is_over(a)) {
		session_probe(c->session, c->channel);
		loop_timer_set(a->timer, interval_ms(a));
	}
	client_wake(c);
}

struct alive *
alive_new(struct client *c)
{
	struct alive *a;

	if (c->conf->server_alive_interval <= 0)
		return NULL;
	a = xcalloc(1, sizeof(*a));
	a->client = c;
	a->heard_ms = stream_heard_ms(session_stream(c->session));
	a->timer = loop_timer_new(c->loop, on_interval, a);
	loop_timer_set(a->timer, interval_ms(a));
	return a;
}

void
alive_free(struct alive *a)
{
	if (a == NULL)
		return;
	loop_timer_free(a->timer);
	free(a);
}

enum step
alive_step(const struct alive *a, struct err *e)
{
	if (a == NULL || !is_over(a))
		return STEP_AGAIN;
	err_set(e, ERR_TIMEOUT, "Timeout, server %s not responding.",
		a->client->host);
	return STEP_FAIL;
}
