#include "mux/master.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "client/guests.h"
#include "conf/conf.h"
#include "forward/forwards.h"
#include "mux/control_socket.h"
#include "mux/visitors.h"
#include "net/loop.h"

/* More at a time wait until one has gone. */
#define VISITORS_MAX 1024

/* What that many sessions may have open, and the rest. */
#define DESCRIPTORS_WANTED 8192

struct master {
	struct loop *loop;
	const struct conf *conf;
	struct client_guests guests;
	struct visitors visitors;
	struct client_ground ground;
	bool is_disabled;              /* somebody else listens there */
	struct control_socket *socket; /* NULL: not yet, or no more */
	bool has_stopped;              /* a client said so */
	struct loop_signal *resized;
	struct loop_timer *patience; /* ControlPersist */
	bool is_waiting;             /* for it */
	bool is_over;
};

/* With ControlPersist the user's session is a client's. */
static bool
take_job(const void *arg)
{
	const struct master *m = arg;

	return m->conf->control_persist && !m->is_disabled;
}

bool
master_persists(const struct master *m)
{
	return take_job(m);
}

static void
on_accepted(void *arg, int fd)
{
	struct master *m = arg;

	visitors_admit(&m->visitors, fd);
	if (m->visitors.count >= VISITORS_MAX)
		control_socket_hold(m->socket, true);
	m->ground.wake(m->ground.arg);
}

/* A client's terminal has another size: it sends us the signal that it got. */
static void
on_resized(void *arg, int signo)
{
	struct master *m = arg;

	(void)signo;
	visitors_resize(&m->visitors);
	m->ground.wake(m->ground.arg);
}

static void
on_patience(void *arg)
{
	struct master *m = arg;

	log_debug("ControlPersist timeout expired");
	m->is_over = true;
	m->ground.wake(m->ground.arg);
}

/* Each session needs some descriptors. */
static void
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_cur >= DESCRIPTORS_WANTED)
		return;
	limit.rlim_cur = limit.rlim_max < DESCRIPTORS_WANTED
			     ? limit.rlim_max
			     : DESCRIPTORS_WANTED;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* As ssh, go on alone if somebody else listens there. */
static int
open_socket(struct master *m, struct err *e)
{
	log_debug("setting up multiplex master socket");
	m->socket = control_socket_new(m->loop, m->conf->control_path,
				       on_accepted, m, &m->is_disabled, e);
	if (m->socket == NULL && !m->is_disabled)
		return -1;
	if (m->is_disabled) {
		log_error("%s", e->text);
		e->kind = ERR_NONE;
		return 0;
	}
	m->visitors.since = time(NULL);
	raise_limit();
	return 0;
}

static int
enter(void *arg, const struct client_ground *g, struct err *e)
{
	struct master *m = arg;

	m->ground = *g;
	if (m->is_disabled || m->has_stopped)
		return 0;
	if (m->socket == NULL && open_socket(m, e) != 0)
		return -1;
	if (m->is_disabled)
		return 0;
	m->resized = loop_signal_new(m->loop, SIGWINCH, on_resized, m);
	control_socket_hold(m->socket, false);
	return 0;
}

static void
stop(void *arg)
{
	struct master *m = arg;

	control_socket_free(m->socket);
	m->socket = NULL;
	m->has_stopped = true;
}

static void
terminate(void *arg)
{
	struct master *m = arg;

	stop(m);
	m->is_over = true;
}

static bool
is_busy(const struct master *m)
{
	return visitors_are_busy(&m->visitors) ||
	       forwards_open(m->ground.forwards) > 0;
}

/* The time runs while nobody is there. */
static void
watch_patience(struct master *m)
{
	int seconds = m->conf->control_persist_timeout;
	bool is_waiting = m->conf->control_persist && seconds > 0 &&
			  m->socket != NULL && !is_busy(m);

	if (is_waiting == m->is_waiting)
		return;
	m->is_waiting = is_waiting;
	loop_timer_set(m->patience, is_waiting ? (int64_t)seconds * 1000 : -1);
}

static bool
step(void *arg)
{
	struct master *m = arg;
	bool was_full = m->visitors.count >= VISITORS_MAX;
	bool more = visitors_step(&m->visitors);

	if (was_full && m->visitors.count < VISITORS_MAX && m->socket != NULL)
		control_socket_hold(m->socket, false);
	watch_patience(m);
	return more;
}

/* Who lives for others only ends after the last of them, once no others can
 * come. */
static bool
has_no_purpose(const struct master *m)
{
	return m->has_stopped && !is_busy(m) &&
	       (m->conf->control_persist ||
		m->conf->session_type == CONF_SESSION_NONE);
}

static enum guests_wish
wish(const void *arg)
{
	const struct master *m = arg;

	if (m->is_over || has_no_purpose(m))
		return GUESTS_LEAVE;
	return visitors_are_busy(&m->visitors) ? GUESTS_STAY : GUESTS_IDLE;
}

static void
leave(void *arg, const char *why)
{
	struct master *m = arg;

	visitors_turn_out(&m->visitors, why);
	if (m->socket != NULL)
		control_socket_hold(m->socket, true);
	loop_signal_free(m->resized);
	m->resized = NULL;
	loop_timer_set(m->patience, -1);
	m->is_waiting = false;
}

struct master *
master_new(struct loop *l, const struct conf *conf, struct console *console)
{
	struct master *m = xcalloc(1, sizeof(*m));

	m->loop = l;
	m->conf = conf;
	m->guests = (struct client_guests){
		.take_job = take_job,
		.enter = enter,
		.step = step,
		.wish = wish,
		.leave = leave,
		.arg = m,
	};
	m->visitors = (struct visitors){
		.ground = &m->ground,
		.console = console,
		.stop = stop,
		.terminate = terminate,
		.arg = m,
	};
	m->patience = loop_timer_new(l, on_patience, m);
	return m;
}

void
master_free(struct master *m)
{
	if (m == NULL)
		return;
	control_socket_free(m->socket);
	loop_timer_free(m->patience);
	loop_signal_free(m->resized);
	free(m);
}

const struct client_guests *
master_guests(const struct master *m)
{
	return &m->guests;
}
