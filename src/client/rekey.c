#include "client/rekey.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "client/internal.h"
#include "conf/conf.h"
#include "net/loop.h"
#include "ssh/session.h"

struct rekey {
	struct client *client;
	struct loop_timer *timer;
};

static int64_t
interval_ms(const struct rekey *r)
{
	return (int64_t)r->client->conf->rekey_limit_time * 1000;
}

/* Until the keys of now are too old. */
static int64_t
left_ms(const struct rekey *r)
{
	return session_keyed_ms(r->client->session) + interval_ms(r) -
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
	session_rekey(r->client->session);
	loop_timer_set(r->timer, interval_ms(r));
	client_wake(r->client);
}

struct rekey *
rekey_new(struct client *c)
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
	r->client = c;
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
