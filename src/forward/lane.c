#include "forward/lane.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "forward/berth.h"
#include "forward/crossing.h"
#include "forward/parking.h"
#include "net/listener.h"

struct lane *
lane_new(const struct forwards_params *params, struct crossings *crossings,
	 lane_admit_fn *admit, enum forward_kind kind,
	 struct forward_spec *spec)
{
	struct lane *l = xcalloc(1, sizeof(*l));

	l->params = params;
	l->crossings = crossings;
	l->admit = admit;
	l->kind = kind;
	l->spec = *spec;
	memset(spec, 0, sizeof(*spec));
	l->text = forward_spec_print(&l->spec, kind);
	l->target = forward_end_name(&l->spec.connect);
	if (lane_is_remote(kind))
		l->berth = berth_new(params, &l->spec, l->text);
	return l;
}

void
lane_free(struct lane *l)
{
	listener_free(l->local);
	berth_free(l->berth);
	forward_spec_clear(&l->spec);
	free(l->text);
	free(l->target);
	free(l->last_trouble);
	free(l);
}

void
lane_note(struct lane *l, const char *why)
{
	/* a dynamic one has as many targets as it is told */
	bool is_dynamic = forward_spec_is_dynamic(&l->spec);

	if (why == NULL && l->target_is_down && !is_dynamic)
		log_info("forwarding to %s: works again", l->text);
	if (why != NULL) {
		bool is_news = !l->target_is_down || is_dynamic;

		log_write(is_news ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG1, "%s",
			  why);
		free(l->last_trouble);
		l->last_trouble = str_visible_line(why, strlen(why));
	}
	l->target_is_down = why != NULL;
}

static void
on_accepted(void *arg, int fd)
{
	struct lane *l = arg;

	if (l->session != NULL)
		l->admit(l, fd, NULL);
	else
		parking_add(l->parking, l, fd);
}

static void
on_trouble(void *arg, int error)
{
	const struct lane *l = arg;

	log_error("forwarding %s: cannot accept connections for now: %s",
		  l->text, strerror(error));
}

enum forward_phase
lane_phase(const struct lane *l)
{
	if (l->berth != NULL)
		return berth_phase(l->berth);
	if (l->has_failed)
		return FORWARD_REFUSED;
	if (l->is_pending)
		return FORWARD_ASKED;
	return l->session != NULL ? FORWARD_UP : FORWARD_DOWN;
}

int
lane_port(const struct lane *l)
{
	return l->berth != NULL ? berth_port(l->berth) : l->spec.listen.port;
}

bool
lane_is_remote(enum forward_kind kind)
{
	return kind == FORWARD_REMOTE || kind == FORWARD_REMOTE_DYNAMIC;
}

/* Begin to listen here, for those who wait until there is a session. */
static int
step_local(struct lane *l, struct err *e)
{
	enum step step = listener_step(l->local, e);

	l->is_pending = step == STEP_AGAIN;
	if (step != STEP_FAIL)
		return 0;
	listener_free(l->local);
	l->local = NULL;
	l->has_failed = true;
	return -1;
}

int
lane_listen(struct lane *l, struct err *e)
{
	const struct forwards_params *p = l->params;
	const struct listener_params lp = {
		.host = l->spec.listen.host,
		.port = l->spec.listen.port,
		.path = l->spec.listen.path,
		.family = p->family,
		.gateway_ports = p->gateway_ports,
		.bind_mask = p->bind_mask,
		.bind_unlink = p->bind_unlink,
		.inherited = p->inherited,
		.accepted = on_accepted,
		.trouble = on_trouble,
		.arg = l,
		.wake = p->wake,
		.wake_arg = p->arg,
	};

	if (lane_is_remote(l->kind))
		return 0;
	log_debug("Local connections to %s forwarded", l->text);
	l->local = listener_new(p->loop, &lp);
	return step_local(l, e);
}

int
lane_attach(struct lane *l, struct session *session, struct err *e)
{
	l->session = session;
	if (l->berth == NULL || l->is_closed)
		return 0;
	return berth_attach(l->berth, session, e);
}

void
lane_fail(struct lane *l, const struct err *e)
{
	l->has_failed = true;
	free(l->last_trouble);
	l->last_trouble = str_visible_line(e->text, strlen(e->text));
}

void
lane_detach(struct lane *l)
{
	l->session = NULL;
	if (l->berth != NULL)
		berth_detach(l->berth);
}

void
lane_put_back(struct lane *l, int fd)
{
	if (l->is_closed)
		close(fd);
	else
		parking_put_back(l->parking, l, fd);
}

void
lane_close(struct lane *l)
{
	listener_free(l->local);
	l->local = NULL;
	if (l->parking != NULL)
		parking_forget(l->parking, l);
	if (l->berth != NULL)
		berth_detach(l->berth);
	l->is_closed = true;
}

int
lane_failure(const struct lane *l, struct err *e)
{
	if (l->berth != NULL)
		return berth_failure(l->berth, e);
	if (!l->has_failed)
		return 0;
	return err_set(e, ERR_FORWARD, "Could not request local forwarding.");
}

void
lane_step(struct lane *l)
{
	struct err e = { .kind = ERR_NONE };
	struct channel *channel;

	if (l->local != NULL && l->is_pending && step_local(l, &e) != 0)
		log_error("%s", e.text);
	if (l->berth == NULL)
		return;
	berth_step(l->berth);
	while (crossings_have_room(l->crossings) &&
	       (channel = berth_accept(l->berth)) != NULL)
		l->admit(l, -1, channel);
}

int64_t
lane_due_ms(const struct lane *l)
{
	return l->berth != NULL ? berth_due_ms(l->berth) : -1;
}

void
lane_print(const struct lane *l, struct buf *out)
{
	static const char *const letters[] = {
		[FORWARD_LOCAL] = "-L",   [FORWARD_REMOTE] = "-R",
		[FORWARD_DYNAMIC] = "-D", [FORWARD_REMOTE_DYNAMIC] = "-R",
		[FORWARD_STDIO] = "-W",
	};

	buf_addf(out,
		 "  %s %s: %zu open, %llu in all, %llu refused, %llu bytes in, "
		 "%llu bytes out%s%s\r\n",
		 letters[l->kind], l->text, l->open,
		 (unsigned long long)l->total, (unsigned long long)l->refused,
		 (unsigned long long)l->bytes_in,
		 (unsigned long long)l->bytes_out,
		 l->last_trouble != NULL ? "; last trouble: " : "",
		 l->last_trouble != NULL ? l->last_trouble : "");
}
