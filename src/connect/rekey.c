#include "connect/rekey.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "connect/internal.h"
#include "net/loop.h"
#include "ssh/session.h"

struct rekey {
	struct connection *connection;
	struct loop_timer *timer;
};

static int64_t
interval_ms(const struct rekey *r)
{
	return (int64_t)r->connection->conf->rekey_limit_time * 1000;
}

/* Until the keys of now are too old. */
static int64_t
left_ms(const struct rekey *r)
{
	return session_keyed_ms(r->connection->session) + interval_ms(r) -
	       loop_now_ms();
}

static void
on_time(void *arg)
{
	struct rekey *r = arg;

	if (left_ms(r) > 0) {
		loop_timer_set(r->timer, left_ms(r));
		return;
	}
	session_rekey(r->connection->session);
	loop_timer_set(r->timer, interval_ms(r));
	r->connection->wake(r->connection->arg);
}

struct rekey *
rekey_new(struct connection *c)
{
	const struct conf *o = c->conf;
	struct rekey *r;

	if (o->rekey_limit == 0 && o->rekey_limit_time == 0)
		return NULL;
	if (!session_can(c->session, SESSION_REKEY)) {
		log_debug("RekeyLimit: not possible with this Engine, "
			  "left out");
		return NULL;
	}
	if (o->rekey_limit_time == 0)
		return NULL;
	r = xcalloc(1, sizeof(*r));
	r->connection = c;
	r->timer = loop_timer_new(c->loop, on_time, r);
	on_time(r);
	return r;
}

void
rekey_free(struct rekey *r)
{
	if (r == NULL)
		return;
	loop_timer_free(r->timer);
	free(r);
}
