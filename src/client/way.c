/* How the target is reached, where it is not by a connection of our own: by way
 * of jump hosts, or in the connection of a master. */
#include "base/err.h"
#include "client/hop.h"
#include "client/internal.h"
#include "conf/conf.h"
#include "connect/connection.h"
#include "net/stream.h"

/* They outlive an attempt at the target. */
static int
find_hops(struct client *c, struct err *e)
{
	const struct hop_params p = {
		.loop = c->loop,
		.console = c->console,
		.conf = c->conf,
		.target = &c->target,
		.answers = c->answers,
		.wake = client_wake,
		.arg = c,
	};

	if (c->hop != NULL)
		return 0;
	c->hop = hop_new(&p, e);
	return c->hop != NULL ? 0 : -1;
}

static enum step
reach(void *arg, struct stream **ret_stream, struct err *e)
{
	const struct client *c = arg;

	return hop_step(c->hop, ret_stream, e);
}

/* It cannot be reached again. */
static enum step
reach_shared(void *arg, struct stream **ret_stream, struct err *e)
{
	struct client *c = arg;
	int fd = c->shared;

	c->shared = 0;
	if (fd > 0)
		*ret_stream = stream_new(c->loop, fd, client_wake, c, e);
	else
		err_set(e, ERR_LOCAL, "The shared connection is gone.");
	return fd > 0 && *ret_stream != NULL ? STEP_DONE : STEP_FAIL;
}

int
client_find_way(struct client *c, struct connection_params *p, struct err *e)
{
	p->is_shared = c->is_shared;
	if (c->is_shared) {
		p->reach = reach_shared;
		return 0;
	}
	if (c->conf->proxy_jump.len == 0)
		return 0;
	p->reach = reach;
	return find_hops(c, e);
}
