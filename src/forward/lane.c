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
#include "forward/check.h"
#include "forward/crossing.h"
#include "forward/parking.h"
#include "net/listener.h"
#include "net/loop.h"

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

static void
set_trouble(struct lane *l, const char *why)
{
	free(l->last_trouble);
	l->last_trouble = str_visible_line(why, strlen(why));
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
		set_trouble(l, why);
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
	if (l->is_dead)
		return FORWARD_DEAD;
	if (l->berth != NULL)
		return berth_phase(l->berth);
	if (l->has_failed)
		return FORWARD_REFUSED;
	if (l->is_pending)
		return FORWARD_ASKED;
	return l->session != NULL ? FORWARD_UP : FORWARD_DOWN;
}

bool
lane_is_asked(const struct lane *l)
{
	return l->berth != NULL ? berth_is_asked(l->berth)
				: lane_phase(l) == FORWARD_ASKED;
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

static void
drop_check(struct lane *l)
{
	check_free(l->check);
	l->check = NULL;
}

void
lane_fail(struct lane *l, const struct err *e)
{
	l->has_failed = true;
	set_trouble(l, e->text);
}

void
lane_detach(struct lane *l)
{
	drop_check(l);
	l->check_at_ms = 0;
	l->is_dead = false;
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
	drop_check(l);
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

/* What CheckForwards has found. */
static void
note_check(struct lane *l, enum check_result result, struct err *e)
{
	bool was_dead = l->is_dead;

	l->is_dead = result == CHECK_DEAD;
	switch (result) {
	case CHECK_RUNNING:
		break;
	case CHECK_FINE:
		log_debug("forwarding %s: checked", l->text);
		if (was_dead)
			log_info("forwarding %s: works again", l->text);
		if (l->berth == NULL)
			lane_note(l, NULL);
		break;
	case CHECK_TARGET:
		err_wrap(e, "%s", l->target);
		lane_note(l, e->text);
		break;
	case CHECK_DEAD:
		set_trouble(l, e->text);
		if (!was_dead && !l->params->reconnects)
			log_error("forwarding %s is dead: %s", l->text,
				  l->last_trouble);
		break;
	case CHECK_FORBIDDEN:
		l->is_uncheckable = true;
		log_info("forwarding %s: it cannot be checked: %s", l->text,
			 e->text);
		break;
	}
}

static bool
is_checkable(const struct lane *l)
{
	if (l->params->check_ms == 0 || l->session == NULL || l->is_closed ||
	    l->is_uncheckable)
		return false;
	if (l->berth != NULL)
		return berth_phase(l->berth) == FORWARD_UP;
	return l->local != NULL && !l->is_pending &&
	       !forward_spec_is_dynamic(&l->spec);
}

static void
plan_check(struct lane *l)
{
	l->check_at_ms = loop_now_ms() + l->params->check_ms;
	l->total_then = l->total;
}

static void
begin_check(struct lane *l)
{
	if (!is_checkable(l))
		return;
	if (l->check_at_ms == 0)
		plan_check(l);
	if (loop_now_ms() < l->check_at_ms)
		return;
	/* who came from there has shown as much */
	if (l->berth != NULL && l->total != l->total_then && !l->is_dead) {
		plan_check(l);
		return;
	}
	l->check = l->berth != NULL
		       ? check_new_here(l->session, &l->spec.listen,
					berth_port(l->berth))
		       : check_new_there(l->session, &l->spec.connect);
	l->params->wake(l->params->arg); /* an engine may send in turns only */
}

static void
step_check(struct lane *l)
{
	struct err e = { .kind = ERR_NONE };
	enum check_result result = check_step(l->check, &e);
	bool is_over = result != CHECK_RUNNING;
	struct channel *channel;

	while ((channel = check_release(l->check, is_over)) != NULL)
		l->admit(l, -1, channel);
	if (!is_over)
		return;
	drop_check(l);
	plan_check(l);
	note_check(l, result, &e);
}

static bool
may_come_in(const struct lane *l)
{
	return crossings_have_room(l->crossings) ||
	       (l->check != NULL && check_has_room(l->check));
}

void
lane_step(struct lane *l)
{
	struct err e = { .kind = ERR_NONE };
	struct channel *channel;

	if (l->local != NULL && l->is_pending && step_local(l, &e) != 0)
		log_error("%s", e.text);
	if (l->berth != NULL)
		berth_step(l->berth);
	while (l->berth != NULL && may_come_in(l) &&
	       (channel = berth_accept(l->berth)) != NULL)
		if (l->check == NULL || !check_hold(l->check, channel))
			l->admit(l, -1, channel);
	if (l->check == NULL)
		begin_check(l);
	if (l->check != NULL)
		step_check(l);
}

static int64_t
check_due(const struct lane *l)
{
	if (l->check != NULL)
		return check_due_ms(l->check);
	return is_checkable(l) ? l->check_at_ms : -1;
}

int64_t
lane_due_ms(const struct lane *l)
{
	int64_t check_ms = check_due(l), berth_ms = -1;

	if (l->berth != NULL)
		berth_ms = berth_due_ms(l->berth);
	if (berth_ms < 0 || (check_ms >= 0 && check_ms < berth_ms))
		return check_ms;
	return berth_ms;
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
