#include "forward/forwards.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "forward/berth.h"
#include "forward/crossing.h"
#include "forward/forwards_params.h"
#include "forward/lane.h"
#include "forward/parking.h"
#include "forward/passenger.h"
#include "net/loop.h"
#include "ssh/session.h"

/* How long a target that does not answer may keep others from being opened. */
#define PATIENCE_MS 1500
#define LOOK_EVERY_MS 250

struct forwards {
	struct forwards_params params;
	struct session *session; /* NULL: none now */
	struct lane *lanes;
	struct crossings crossings;
	struct parking *parking;
	struct loop_timer *patience; /* runs while channels are opening */
	struct loop_timer *due;      /* until a lane wants a step */
	bool is_armed;
};

static void
on_patience(void *arg)
{
	struct forwards *f = arg;

	f->is_armed = false;
	session_abandon_open(f->session, PATIENCE_MS);
	f->params.wake(f->params.arg);
}

static void
on_due(void *arg)
{
	struct forwards *f = arg;

	f->params.wake(f->params.arg);
}

struct forwards *
forwards_new(const struct forwards_params *p)
{
	struct forwards *f = xcalloc(1, sizeof(*f));

	f->params = *p;
	f->crossings = (struct crossings){
		.kind = &passenger_kind,
		.loop = p->loop,
		.family = p->family,
		.idle = p->idle,
		.wake = p->wake,
		.arg = p->arg,
	};
	f->parking = parking_new(p->loop, p->hold_ms);
	f->patience = loop_timer_new(p->loop, on_patience, f);
	f->due = loop_timer_new(p->loop, on_due, f);
	return f;
}

void
forwards_free(struct forwards *f)
{
	if (f == NULL)
		return;
	forwards_detach(f);
	while (f->lanes != NULL) {
		struct lane *l = f->lanes;

		f->lanes = l->next;
		lane_free(l);
	}
	parking_free(f->parking);
	loop_timer_free(f->patience);
	loop_timer_free(f->due);
	free(f);
}

static void
let_in(void *owner, int fd)
{
	struct lane *l = owner;

	l->admit(l, fd, NULL);
}

void
forwards_attach(struct forwards *f, struct session *session)
{
	f->session = session;
	for (struct lane *l = f->lanes; l != NULL; l = l->next) {
		struct err e = { .kind = ERR_NONE };

		if (lane_attach(l, session, &e) != 0)
			log_error("%s", e.text);
	}
	parking_let_in(f->parking, let_in);
}

void
forwards_detach(struct forwards *f)
{
	crossings_clear(&f->crossings);
	for (struct lane *l = f->lanes; l != NULL; l = l->next)
		lane_detach(l);
	loop_timer_set(f->patience, -1);
	loop_timer_set(f->due, -1);
	f->is_armed = false;
	f->session = NULL;
}

static void
append(struct forwards *f, struct lane *l)
{
	struct lane **at = &f->lanes;

	while (*at != NULL)
		at = &(*at)->next;
	*at = l;
}

/* Returns 0, or -1 with e set. */
static int
start_lane(struct forwards *f, struct lane *l, struct err *e)
{
	if (lane_listen(l, e) != 0)
		return -1;
	return f->session != NULL ? lane_attach(l, f->session, e) : 0;
}

static struct lane *
make_lane(struct forwards *f, enum forward_kind kind, struct forward_spec *spec)
{
	struct lane *l =
	    lane_new(&f->params, &f->crossings, passenger_admit, kind, spec);

	l->parking = f->parking;
	return l;
}

int
forwards_add(struct forwards *f, enum forward_kind kind,
	     struct forward_spec *spec, struct err *e)
{
	struct lane *l = make_lane(f, kind, spec);

	if (start_lane(f, l, e) != 0) {
		lane_free(l);
		return -1;
	}
	append(f, l);
	return 0;
}

static bool
is_same(const struct lane *l, enum forward_kind kind,
	const struct forward_spec *spec)
{
	return !l->is_closed && l->kind == kind &&
	       forward_spec_same(&l->spec, spec);
}

enum step
forwards_find(const struct forwards *f, enum forward_kind kind,
	      const struct forward_spec *spec, int *ret_port)
{
	for (const struct lane *l = f->lanes; l != NULL; l = l->next) {
		enum forward_phase phase = lane_phase(l);

		if (!is_same(l, kind, spec))
			continue;
		if (lane_is_asked(l))
			return STEP_AGAIN;
		/* what was refused may be there a second time */
		if (phase != FORWARD_UP && phase != FORWARD_DEAD)
			continue;
		*ret_port = spec->listen.port == 0 ? lane_port(l) : 0;
		return STEP_DONE;
	}
	return STEP_FAIL;
}

bool
forwards_is_waiting(const struct forwards *f, enum forward_kind kind,
		    const struct forward_spec *spec)
{
	for (const struct lane *l = f->lanes; l != NULL; l = l->next)
		if (is_same(l, kind, spec) && lane_phase(l) == FORWARD_WAITING)
			return true;
	return false;
}

int
forwards_ask(struct forwards *f, enum forward_kind kind,
	     struct forward_spec *spec, struct err *e)
{
	struct lane *l = make_lane(f, kind, spec);
	int rc = start_lane(f, l, e);

	if (rc != 0)
		lane_fail(l, e);
	append(f, l);
	return rc;
}

bool
forwards_cancel(struct forwards *f, enum forward_kind kind,
		const struct forward_spec *spec)
{
	bool is_remote = lane_is_remote(kind);

	for (struct lane *l = f->lanes; l != NULL; l = l->next) {
		if (l->is_closed || lane_is_remote(l->kind) != is_remote ||
		    (!is_remote && l->kind != kind) ||
		    !forward_spec_same_listen(&l->spec, spec) ||
		    (!forward_spec_is_dynamic(spec) &&
		     !forward_spec_same(&l->spec, spec)))
			continue;
		lane_close(l);
		return true;
	}
	return false;
}

/* Where a failure counts, what is asked for again is not settled yet. */
static bool
is_pending(const struct forwards *f, const struct lane *l)
{
	enum forward_phase phase = lane_phase(l);

	return !l->is_closed &&
	       (phase == FORWARD_ASKED ||
		(phase == FORWARD_WAITING && f->params.failure_is_fatal));
}

size_t
forwards_pending(const struct forwards *f)
{
	size_t n = 0;

	for (const struct lane *l = f->lanes; l != NULL; l = l->next)
		n += is_pending(f, l);
	return n;
}

size_t
forwards_pending_here(const struct forwards *f)
{
	size_t n = 0;

	for (const struct lane *l = f->lanes; l != NULL; l = l->next)
		n += is_pending(f, l) && !lane_is_remote(l->kind);
	return n;
}

int
forwards_failure(const struct forwards *f, struct err *e)
{
	for (const struct lane *l = f->lanes; l != NULL; l = l->next)
		if (!l->is_closed && lane_failure(l, e) != 0)
			return -1;
	return 0;
}

int
forwards_check(const struct forwards *f, struct err *e)
{
	for (const struct lane *l = f->lanes; l != NULL; l = l->next)
		if (l->is_dead && f->params.reconnects)
			return err_set(e, ERR_LOST, "forwarding %s is dead: %s",
				       l->text, l->last_trouble);
	return 0;
}

void
forwards_hurry(struct forwards *f)
{
	for (struct lane *l = f->lanes; l != NULL; l = l->next)
		if (l->berth != NULL)
			berth_hurry(l->berth);
	f->params.wake(f->params.arg);
}

size_t
forwards_open(const struct forwards *f)
{
	return f->crossings.count;
}

void
forwards_stop_listening(struct forwards *f)
{
	for (struct lane *l = f->lanes; l != NULL; l = l->next)
		lane_close(l);
}

/* Free what was closed and has no crossing any more. */
static void
sweep(struct forwards *f)
{
	struct lane **at = &f->lanes;

	while (*at != NULL) {
		struct lane *l = *at;

		if (!l->is_closed || l->open > 0) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		lane_free(l);
	}
}

static bool
listens_here(const struct forwards *f)
{
	for (const struct lane *l = f->lanes; l != NULL; l = l->next)
		if (l->local != NULL)
			return true;
	return false;
}

static void
step_lane(struct forwards *f, struct lane *l)
{
	bool listened = l->local != NULL;

	lane_step(l);
	if (listened && l->has_failed && !listens_here(f) &&
	    !f->params.failure_is_fatal)
		log_error("Could not request local forwarding.");
}

static void
set_due(struct forwards *f)
{
	int64_t first_ms = -1, now_ms = loop_now_ms();

	for (const struct lane *l = f->lanes; l != NULL; l = l->next) {
		int64_t due_ms = lane_due_ms(l);

		if (due_ms >= 0 && (first_ms < 0 || due_ms < first_ms))
			first_ms = due_ms;
	}
	if (first_ms >= 0 && first_ms < now_ms)
		first_ms = now_ms;
	loop_timer_set(f->due, first_ms >= 0 ? first_ms - now_ms : -1);
}

bool
forwards_step(struct forwards *f)
{
	bool more;

	for (struct lane *l = f->lanes; l != NULL; l = l->next)
		step_lane(f, l);
	more = crossings_step(&f->crossings);
	sweep(f);
	set_due(f);
	if (crossings_are_opening(&f->crossings) && !f->is_armed) {
		loop_timer_set(f->patience, LOOK_EVERY_MS);
		f->is_armed = true;
	}
	return more;
}

void
forwards_each(const struct forwards *f,
	      void (*show)(void *arg, const struct forward_state *s), void *arg)
{
	for (const struct lane *l = f->lanes; l != NULL; l = l->next) {
		struct forward_state s = {
			.kind = l->kind,
			.spec = &l->spec,
			.text = l->text,
			.phase = lane_phase(l),
			.port = lane_port(l),
			.open = l->open,
			.total = l->total,
			.refused = l->refused,
			.bytes_in = l->bytes_in,
			.bytes_out = l->bytes_out,
			.trouble = l->last_trouble,
		};

		if (!l->is_closed)
			show(arg, &s);
	}
}

unsigned long
forwards_changes(const struct forwards *f)
{
	unsigned long n = 0;

	for (const struct lane *l = f->lanes; l != NULL; l = l->next)
		n = n * 31 + 2 * (unsigned long)lane_phase(l) +
		    l->target_is_down + 1;
	return n;
}

bool
forwards_are_up(const struct forwards *f)
{
	for (const struct lane *l = f->lanes; l != NULL; l = l->next)
		if (!l->is_closed && lane_phase(l) != FORWARD_UP)
			return false;
	return true;
}

void
forwards_list(const struct forwards *f, struct buf *out)
{
	for (const struct lane *l = f->lanes; l != NULL; l = l->next)
		lane_print(l, out);
	crossings_print(&f->crossings, "    ", out);
}
