#include "connect/route.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "conf/conf.h"
#include "connect/target.h"
#include "net/dial.h"
#include "net/stream.h"

struct route {
	struct loop *loop;
	struct dial *dial;
	void (*wake)(void *arg);
	void *arg;
};

struct route *
route_new(struct loop *l, const struct target *t, void (*wake)(void *arg),
	  void *arg)
{
	const struct conf *o = t->conf;
	/* what the session will send first, to be sent before: with the first
	 * packet */
	char *early =
	    o->fast_open_tcp ? xasprintf("%s\r\n", t->identification) : NULL;
	struct dial_params p = {
		.purpose = DIAL_SERVER,
		.host = t->host,
		.port = o->port,
		.family = o->address_family,
		.bind_address = o->bind_address,
		.bind_interface = o->bind_interface,
		.tcp_keepalive = o->tcp_keep_alive,
		.dscp = o->ip_qos_bulk,
		.attempts = o->connection_attempts,
		.early_data = early,
	};
	struct route *r = xcalloc(1, sizeof(*r));

	r->loop = l;
	r->wake = wake;
	r->arg = arg;
	r->dial = dial_new(l, &p, wake, arg);
	free(early);
	return r;
}

void
route_free(struct route *r)
{
	if (r == NULL)
		return;
	dial_free(r->dial);
	free(r);
}

void
route_time_out(struct route *r, struct err *e)
{
	dial_time_out(r->dial, e);
}

enum step
route_step(struct route *r, struct stream **ret_stream, struct err *e)
{
	enum step step;
	int fd;

	step = dial_step(r->dial, &fd, e);
	if (step != STEP_DONE)
		return step;
	*ret_stream = stream_new(r->loop, fd, r->wake, r->arg, e);
	if (*ret_stream == NULL)
		return STEP_FAIL;
	stream_set_quickack(*ret_stream, true);
	stream_skip(*ret_stream, dial_early_sent(r->dial));
	return STEP_DONE;
}
