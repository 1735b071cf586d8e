#include "connect/route.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "connect/proxy.h"
#include "connect/target.h"
#include "net/dial.h"
#include "net/stream.h"

struct route {
	struct loop *loop;
	struct route_owner owner;
	struct dial *dial; /* one of these two, or the owner knows */
	struct proxy *proxy;
};

static void
start_dial(struct route *r, const struct target *t)
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

	r->dial = dial_new(r->loop, &p, r->owner.wake, r->owner.arg);
	free(early);
}

struct route *
route_new(struct loop *l, const struct target *t,
	  const struct route_owner *owner, struct err *e)
{
	struct route *r = xcalloc(1, sizeof(*r));

	r->loop = l;
	r->owner = *owner;
	if (owner->reach != NULL)
		return r;
	if (t->conf->proxy_command == NULL) {
		start_dial(r, t);
		return r;
	}
	r->proxy = proxy_new(l, t->conf, owner->wake, owner->arg, e);
	if (r->proxy != NULL)
		return r;
	route_free(r);
	return NULL;
}

void
route_free(struct route *r)
{
	if (r == NULL)
		return;
	dial_free(r->dial);
	proxy_free(r->proxy);
	free(r);
}

/* What is reached through others has no address, nor has it been reached when
 * they have: then ssh waits for its first words. */
void
route_time_out(struct route *r, struct err *e)
{
	if (r->dial != NULL) {
		dial_time_out(r->dial, e);
		return;
	}
	log_error("Connection timed out during banner exchange");
	err_set(e, ERR_TIMEOUT, "Connection to UNKNOWN port 65535 timed out");
}

const char *
route_waits_for(const struct route *r)
{
	if (r->dial == NULL)
		return r->proxy != NULL ? "its ProxyCommand" : "its jump host";
	return dial_is_resolving(r->dial) ? "its address" : "a TCP connection";
}

static enum step
step_dial(struct route *r, struct stream **ret_stream, struct err *e)
{
	enum step step;
	int fd;

	step = dial_step(r->dial, &fd, e);
	if (step != STEP_DONE)
		return step;
	*ret_stream = stream_new(r->loop, fd, r->owner.wake, r->owner.arg, e);
	if (*ret_stream == NULL)
		return STEP_FAIL;
	stream_set_quickack(*ret_stream, true);
	stream_skip(*ret_stream, dial_early_sent(r->dial));
	return STEP_DONE;
}

enum step
route_step(struct route *r, struct stream **ret_stream, struct err *e)
{
	if (r->owner.reach != NULL)
		return r->owner.reach(r->owner.arg, ret_stream, e);
	if (r->proxy != NULL)
		return proxy_step(r->proxy, ret_stream, e);
	return step_dial(r, ret_stream, e);
}
