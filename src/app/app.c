#include "app/app.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "app/background.h"
#include "app/parting.h"
#include "base/err.h"
#include "conf/conf.h"
#include "console/console.h"
#include "mux/client.h"
#include "mux/master.h"
#include "net/inherited.h"
#include "net/loop.h"
#include "ssh/session.h"
#include "tunnel/tunnel.h"

/* The first one asks how things are, at any time; the others end us. */
static const int signals[] = { SIGUSR1, SIGHUP, SIGINT, SIGQUIT, SIGTERM };

#define N_SIGNALS (sizeof(signals) / sizeof(signals[0]))

struct app {
	const struct conf *conf;
	const struct manager *manager;
	struct loop *loop;
	struct console *console;
	struct inherited *inherited; /* sockets from LISTEN_FDS, or NULL */
	struct mux_client *guest;    /* of a master; NULL: not (any more) */
	struct master *master;       /* ControlMaster; or NULL */
	struct tunnel *tunnel;       /* NULL: not (yet) */
	bool is_parting;             /* a guest and its master are to be two */
	bool has_parted;             /* from a master, of which it is a guest */
	struct conf guest_conf;      /* then, nothing in it is owned */
	int gate; /* where our parent waits, with -f; or -1 */
	struct loop_signal *signals[N_SIGNALS];
};

/* "~&" */
static int
go_to_background(void *arg, struct err *e)
{
	struct app *a = arg;
	int gate;

	if (background_begin(a->loop, &gate, e) != 0)
		return -1;
	background_finish(&gate);
	return 0;
}

static void
on_signal(void *arg, int signo)
{
	struct app *a = arg;

	if (a->guest != NULL)
		mux_client_signal(a->guest, signo);
	else
		tunnel_signal(a->tunnel, signo);
}

/* As in ssh, what the caller ignores stays ignored. */
static void
watch_signal(struct app *a, size_t i)
{
	struct sigaction old;

	if (a->signals[i] == NULL && sigaction(signals[i], NULL, &old) == 0 &&
	    old.sa_handler != SIG_IGN)
		a->signals[i] =
		    loop_signal_new(a->loop, signals[i], on_signal, a);
}

static void
watch_signals(struct app *a)
{
	for (size_t i = 0; i < N_SIGNALS; i++)
		watch_signal(a, i);
}

/* The session is there: until now, signals could end us as they are. Our parent
 * waits until those who want to know of it have been told. With ControlPersist
 * the session is a guest's, who is there once this turn is over. */
static int
settle(void *arg, struct err *e)
{
	struct app *a = arg;
	const struct conf *o = a->conf;
	bool persists = a->master != NULL && master_persists(a->master);

	a->is_parting = persists && (o->session_type != CONF_SESSION_NONE ||
				     o->stdio_forward != NULL);
	if (a->is_parting)
		return 0;
	if ((persists || o->fork_after_authentication) &&
	    background_begin(a->loop, &a->gate, e) != 0)
		return -1;
	watch_signals(a);
	return 0;
}

/* Who comes back, or has to tell of his end, is ended by nothing but what is
 * handled. */
static bool
must_handle_end(const struct conf *o)
{
	return o->reconnect != CONF_RECONNECT_NO || o->events_file != NULL ||
	       o->status_file != NULL;
}

static void
start_guest(struct app *a)
{
	const struct mux_client_params p = {
		.loop = a->loop,
		.conf = a->conf,
		.console = a->console,
		.settle = settle,
		.arg = a,
	};

	a->guest = mux_client_new(&p);
}

/* With a connection of its own, or a master's that is shared (0: not). */
static int
start_tunnel(struct app *a, int shared, struct err *e)
{
	struct tunnel_params p = {
		.loop = a->loop,
		.conf = a->conf,
		.manager = a->manager,
		.console = a->console,
		.inherited = a->inherited,
		.shared = shared,
		.fds = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO },
		.settle = settle,
		.arg = a,
	};

	if (must_handle_end(a->conf))
		watch_signals(a);
	if (a->conf->control_master != CONF_CONTROL_NO &&
	    a->conf->control_path != NULL && shared == 0) {
		a->master = master_new(a->loop, a->conf, a->console);
		p.guests = master_guests(a->master);
	}
	a->tunnel = tunnel_new(&p, e);
	return a->tunnel != NULL ? 0 : -1;
}

static int
start(struct app *a, struct err *e)
{
	struct console_params console = {
		.conf = a->conf,
		.go_to_background = go_to_background,
		.arg = a,
	};

	a->loop = loop_new(e);
	if (a->loop == NULL)
		return -1;
	console.loop = a->loop;
	a->console = console_new(&console);
	a->inherited = inherited_new();
	watch_signal(a, 0);
	if (!mux_client_is_wanted(a->conf))
		return start_tunnel(a, 0, e);
	start_guest(a);
	return 0;
}

/* Be no guest any more; as start_tunnel(). */
static enum step
become_host(struct app *a, int shared, struct err *e)
{
	mux_client_free(a->guest);
	a->guest = NULL;
	return start_tunnel(a, shared, e) == 0 ? STEP_AGAIN : STEP_FAIL;
}

/* How far has it come? Who is no guest becomes a host; but who has just parted
 * from his host had better be one. */
static enum step
result(struct app *a, int *ret_status, struct err *e)
{
	enum step step;
	int shared = 0;

	if (a->guest == NULL)
		return tunnel_result(a->tunnel, ret_status, e);
	step = mux_client_result(a->guest, ret_status, e);
	if (step == STEP_DONE)
		shared = mux_client_take_socket(a->guest);
	if (shared > 0)
		return become_host(a, shared, e);
	if (step != STEP_FAIL || !mux_client_was_declined(a->guest))
		return step;
	if (a->has_parted) {
		err_set(e, ERR_LOCAL,
			"Failed to connect to new control master");
		return step;
	}
	return become_host(a, 0, e);
}

static void
stop(struct app *a)
{
	for (size_t i = 0; i < N_SIGNALS; i++)
		loop_signal_free(a->signals[i]);
	mux_client_free(a->guest);
	tunnel_free(a->tunnel);
	master_free(a->master);
	inherited_free(a->inherited);
	console_free(a->console);
	loop_free(a->loop);
}

/* The master goes on in the background; who is left here becomes its guest. */
static enum step
part(struct app *a, struct err *e)
{
	bool is_guest;

	a->is_parting = false;
	if (parting_fork(a->loop, &is_guest, &a->gate, e) != 0)
		return STEP_FAIL;
	if (!is_guest) {
		watch_signals(a);
		return STEP_AGAIN;
	}
	parting_leave(a, sizeof(*a));
	a->guest_conf = *a->conf;
	parting_set_conf(&a->guest_conf);
	*a = (struct app){ .conf = &a->guest_conf,
			   .manager = a->manager,
			   .gate = -1,
			   .guest_conf = a->guest_conf,
			   .has_parted = true };
	return start(a, e) == 0 ? STEP_AGAIN : STEP_FAIL;
}

int
app_run(const struct conf *conf, const struct manager *m, int *ret_status,
	struct err *e)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct app a = { .conf = conf, .manager = m, .gate = -1 };
	enum step step;

	/* a closed pipe or a full file is an error, not the end */
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGXFSZ, &ignore, NULL);
	step = start(&a, e) == 0 ? STEP_AGAIN : STEP_FAIL;
	while (step == STEP_AGAIN) {
		background_finish(&a.gate);
		step = loop_run_once(a.loop, -1, e) == 0
			   ? result(&a, ret_status, e)
			   : STEP_FAIL;
		if (step == STEP_AGAIN && a.is_parting)
			step = part(&a, e);
	}
	stop(&a);
	return step == STEP_DONE ? 0 : -1;
}

const char *
app_library_version(void)
{
	return session_library_version();
}
