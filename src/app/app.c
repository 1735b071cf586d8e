#include "app/app.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "app/background.h"
#include "base/err.h"
#include "conf/conf.h"
#include "console/console.h"
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
	struct tunnel *tunnel;
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
 * waits until those who want to know of it have been told. */
static int
settle(void *arg, struct err *e)
{
	struct app *a = arg;

	if (a->conf->fork_after_authentication &&
	    background_begin(a->loop, &a->gate, e) != 0)
		return -1;
	watch_signals(a);
	return 0;
}

static int
start(struct app *a, struct err *e)
{
	struct console_params console = {
		.conf = a->conf,
		.go_to_background = go_to_background,
		.arg = a,
	};
	struct tunnel_params tunnel = {
		.conf = a->conf,
		.manager = a->manager,
		.fds = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO },
		.settle = settle,
		.arg = a,
	};

	a->loop = loop_new(e);
	if (a->loop == NULL)
		return -1;
	console.loop = tunnel.loop = a->loop;
	tunnel.console = a->console = console_new(&console);
	tunnel.inherited = a->inherited = inherited_new();
	watch_signal(a, 0);
	/* who comes back is ended by nothing but what is handled */
	if (a->conf->reconnect != CONF_RECONNECT_NO)
		watch_signals(a);
	a->tunnel = tunnel_new(&tunnel, e);
	return a->tunnel != NULL ? 0 : -1;
}

static void
stop(struct app *a)
{
	for (size_t i = 0; i < N_SIGNALS; i++)
		loop_signal_free(a->signals[i]);
	tunnel_free(a->tunnel);
	inherited_free(a->inherited);
	console_free(a->console);
	loop_free(a->loop);
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
			   ? tunnel_result(a.tunnel, ret_status, e)
			   : STEP_FAIL;
	}
	stop(&a);
	return step == STEP_DONE ? 0 : -1;
}

const char *
app_library_version(void)
{
	return session_library_version();
}
