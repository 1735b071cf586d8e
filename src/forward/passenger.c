#include "forward/passenger.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "forward/crossing.h"
#include "forward/lane.h"
#include "forward/permit_open.h"
#include "forward/socks.h"

/* The state of a crossing. */
struct passenger {
	struct lane *lane;
	struct socks socks;
};

static bool
is_dynamic(const struct passenger *p)
{
	return forward_spec_is_dynamic(&p->lane->spec);
}

/* SOCKS, if the target is still to be named. */
static enum step
prelude(void *state, struct buf *heard, struct buf *said)
{
	struct passenger *p = state;
	const struct lane *l = p->lane;
	size_t used = 0;
	enum step step;

	if (!is_dynamic(p))
		return STEP_DONE;
	step = socks_feed(&p->socks, heard->data, heard->len, &used, said);
	buf_consume(heard, used);
	if (step == STEP_FAIL)
		log_debug("SOCKS: %s", p->socks.trouble);
	if (step != STEP_DONE || !lane_is_remote(l->kind) ||
	    permit_open(l->params->permit_remote_open, p->socks.host,
			p->socks.port))
		return step;
	log_info("%s:%d: not permitted by PermitRemoteOpen", p->socks.host,
		 p->socks.port);
	socks_reply(&p->socks, SOCKS_NOT_ALLOWED, said);
	return STEP_FAIL;
}

static void
reach(void *state, struct crossing *c)
{
	const struct passenger *p = state;
	const struct lane *l = p->lane;
	const struct forward_end named = {
		.host = p->socks.host,
		.port = p->socks.port,
	};
	const struct forward_end *to =
	    is_dynamic(p) ? &named : &l->spec.connect;

	if (lane_is_remote(l->kind))
		crossing_reach_here(c, to, false);
	else
		crossing_reach_there(c, l->session, to);
}

static void
answer(void *state, int error, struct buf *said)
{
	const struct passenger *p = state;

	if (is_dynamic(p))
		socks_reply(&p->socks, socks_outcome_of_errno(error), said);
}

static void
note(void *state, const char *why)
{
	struct lane *l = ((struct passenger *)state)->lane;

	if (why != NULL)
		l->refused++;
	lane_note(l, why);
}

static void
release(void *state, const struct crossing *c)
{
	struct passenger *p = state;

	p->lane->open--;
	p->lane->bytes_in += crossing_bytes_in(c);
	p->lane->bytes_out += crossing_bytes_out(c);
	socks_clear(&p->socks);
	free(p);
}

static void
spare(void *state, int fd)
{
	struct lane *l = ((struct passenger *)state)->lane;

	l->total--; /* it comes again */
	lane_put_back(l, fd);
}

static const char *
type(const void *state)
{
	const struct passenger *p = state;
	const struct lane *l = p->lane;

	if (lane_is_remote(l->kind))
		return l->spec.listen.path != NULL
			   ? "forwarded-streamlocal@openssh.com"
			   : "forwarded-tcpip";
	return l->spec.connect.path != NULL ? "direct-streamlocal@openssh.com"
					    : "direct-tcpip";
}

const struct crossing_kind passenger_kind = {
	.prelude = prelude,
	.reach = reach,
	.answer = answer,
	.note = note,
	.spare = spare,
	.type = type,
	.release = release,
};

static struct passenger *
passenger_new(struct lane *l)
{
	struct passenger *p = xcalloc(1, sizeof(*p));

	p->lane = l;
	socks_init(&p->socks);
	l->open++;
	l->total++;
	return p;
}

void
passenger_admit(struct lane *l, int fd, struct channel *channel)
{
	struct passenger *p = passenger_new(l);

	if (channel == NULL) {
		log_debug("Connection to %s requested.", l->text);
		crossing_from_socket(l->crossings, p, fd);
	} else {
		log_debug("Connection to remote %s.", l->text);
		crossing_from_channel(l->crossings, p, channel);
	}
}
