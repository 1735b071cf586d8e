#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/err.h"
#include "tap.h"
#include "term/ledger.h"
#include "term/terminal.h"

#define PATIENCE_MS 10000
#define UNDO "\033[?1049l"

/* A terminal with a process on it that does what the test wants to see. */
struct user {
	int master;
	pid_t pid;
	struct termios before;
};

typedef void scene_fn(struct terminal *t);

static int
open_master(void)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || grantpt(fd) != 0 || unlockpt(fd) != 0)
		abort();
	return fd;
}

static void
set_action(int signo, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	sigaction(signo, &action, NULL);
}

static void
say(const char *word)
{
	if (write(STDOUT_FILENO, word, strlen(word)) < 0)
		_exit(3);
}

/* In the child: make the other side of master its terminal. */
static void
take_terminal(int master)
{
	int fd;

	setsid();
	fd = open(ptsname(master), O_RDWR);
	if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) != 0)
		_exit(3);
	close(master);
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
}

static void
enter(struct terminal *t)
{
	struct err e = { 0 };

	if (terminal_enter(t, &e) != 0)
		_exit(4);
}

static struct user
start(scene_fn *scene)
{
	const struct terminal_fds fds = { 0, 1, 2 };
	struct user u = { .master = open_master() };
	struct terminal *t;

	tcgetattr(u.master, &u.before);
	u.pid = fork();
	if (u.pid != 0)
		return u;
	take_terminal(u.master);
	t = terminal_new(&fds);
	scene(t);
	terminal_free(t);
	_exit(0);
}

/* Wait until the terminal was sent this. */
static bool
hears(const struct user *u, const char *word)
{
	struct pollfd pfd = { .fd = u->master, .events = POLLIN };
	char seen[4096] = "";
	size_t len = 0;
	ssize_t n;

	while (strstr(seen, word) == NULL && len + 1 < sizeof(seen)) {
		if (poll(&pfd, 1, PATIENCE_MS) != 1)
			return false;
		n = read(u->master, seen + len, sizeof(seen) - len - 1);
		if (n <= 0)
			return false;
		len += (size_t)n;
		seen[len] = '\0';
	}
	return strstr(seen, word) != NULL;
}

static int
wait_for(const struct user *u, int flags)
{
	int status = -1;

	while (waitpid(u->pid, &status, flags) < 0 && errno == EINTR)
		;
	return status;
}

static bool
is_raw(const struct user *u)
{
	struct termios now;

	tcgetattr(u->master, &now);
	return (now.c_lflag & (ICANON | ECHO | ISIG | IEXTEN)) == 0 &&
	       (now.c_oflag & OPOST) == 0 &&
	       (now.c_iflag & (ICRNL | IXON)) == 0 &&
	       (now.c_iflag & IGNPAR) != 0 && now.c_cc[VMIN] == 1 &&
	       now.c_cc[VTIME] == 0;
}

static bool
is_as_before(const struct user *u)
{
	struct termios now;

	tcgetattr(u->master, &now);
	return now.c_iflag == u->before.c_iflag &&
	       now.c_oflag == u->before.c_oflag &&
	       now.c_cflag == u->before.c_cflag &&
	       now.c_lflag == u->before.c_lflag &&
	       memcmp(now.c_cc, u->before.c_cc, sizeof(now.c_cc)) == 0;
}

static void
wait_for_key(void)
{
	char key;

	if (read(STDIN_FILENO, &key, 1) != 1)
		_exit(5);
}

static void
press(const struct user *u)
{
	if (write(u->master, "x", 1) != 1)
		abort();
}

static void
enter_and_leave(struct terminal *t)
{
	terminal_set_undo(t, UNDO, strlen(UNDO));
	enter(t);
	enter(t);
	say("raw");
	wait_for_key();
	terminal_leave(t);
	say("left");
	enter(t);
	say("again");
	wait_for_key();
}

static void
test_normal_end(void)
{
	struct user u = start(enter_and_leave);

	ok(hears(&u, "raw") && is_raw(&u), "raw mode is ssh's");
	press(&u);
	ok(hears(&u, "leftagain") && is_raw(&u), "left and entered again");
	press(&u);
	is_int(wait_for(&u, 0), 0, "a normal end");
	ok(is_as_before(&u), "restores the settings");
	close(u.master);
}

static void
wait_to_be_killed(struct terminal *t)
{
	terminal_set_undo(t, UNDO, strlen(UNDO));
	enter(t);
	say("raw");
	for (;;)
		pause();
}

static void
test_signal(int signo, const char *name)
{
	struct sigaction old;
	struct user u;
	int status;

	sigaction(signo, NULL, &old);
	if (old.sa_handler != SIG_DFL) {
		skip("somebody else catches SIG%s", name);
		return;
	}
	u = start(wait_to_be_killed);
	if (!hears(&u, "raw") || !is_raw(&u) || kill(u.pid, signo) != 0)
		ok(false, "raw mode");
	ok(hears(&u, UNDO), "SIG%s undoes", name);
	status = wait_for(&u, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == signo,
	   "SIG%s ends the program", name);
	ok(is_as_before(&u), "SIG%s restores the settings", name);
	close(u.master);
}

/* More stack than there is. */
static int
overflow(const volatile char *below)
{
	volatile char page[4096];

	page[0] = *below;
	if (page[0] == 0)
		return 0;
	return overflow(page) + page[0];
}

static void
crash(struct terminal *t)
{
	const struct rlimit small = { 1 << 20, 1 << 20 };
	volatile char start_of_stack = 1;

	setrlimit(RLIMIT_STACK, &small);
	terminal_set_undo(t, UNDO, strlen(UNDO));
	enter(t);
	_exit(overflow(&start_of_stack));
}

static void
test_crash(void)
{
	struct sigaction old;
	struct user u;
	int status;

	sigaction(SIGSEGV, NULL, &old);
	if (old.sa_handler != SIG_DFL) {
		skip("somebody else catches SIGSEGV");
		return;
	}
	u = start(crash);
	ok(hears(&u, UNDO), "a stack overflow undoes");
	status = wait_for(&u, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV,
	   "and ends the program");
	ok(is_as_before(&u), "and restores the settings");
	close(u.master);
}

static void
no_undo(struct terminal *t)
{
	static const char long_text[LEDGER_UNDO_MAX + 1] = "x";

	enter(t);
	terminal_set_undo(t, UNDO, strlen(UNDO));
	terminal_set_undo(t, long_text, sizeof(long_text));
	terminal_leave(t);
	say("left");
	raise(SIGTERM);
}

static void
test_signal_after_leaving(void)
{
	struct user u = start(no_undo);
	int status;

	ok(hears(&u, "left"), "left raw mode");
	status = wait_for(&u, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM &&
	       is_as_before(&u),
	   "signals are as before then");
	close(u.master);
}

static void
keep_signals(struct terminal *t)
{
	set_action(SIGTERM, SIG_IGN);
	enter(t);
	raise(SIGTERM);
	say("ignored");
}

static void
test_ignored_signal(void)
{
	struct user u = start(keep_signals);

	ok(hears(&u, "ignored"), "an ignored signal stays ignored");
	is_int(wait_for(&u, 0), 0, "and ends nothing");
	close(u.master);
}

/* A child of a shell: the shell has the terminal while it is stopped. */
static void
suspend(struct terminal *t)
{
	pid_t pid;
	struct err e = { 0 };
	int status;

	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		raise(SIGSTOP);
		enter(t);
		say("raw");
		wait_for_key();
		if (terminal_suspend(t, &e) != 0)
			_exit(6);
		say("resumed");
		wait_for_key();
		terminal_free(t);
		_exit(0);
	}
	set_action(SIGTTOU, SIG_IGN);
	waitpid(pid, &status, WUNTRACED);
	tcsetpgrp(STDIN_FILENO, pid);
	kill(pid, SIGCONT);
	waitpid(pid, &status, WUNTRACED);
	tcsetpgrp(STDIN_FILENO, getpgrp());
	if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP)
		say("stopped");
	wait_for_key();
	kill(pid, SIGCONT);
	waitpid(pid, &status, WUNTRACED);
	if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTOU)
		say("background");
	wait_for_key();
	tcsetpgrp(STDIN_FILENO, pid);
	kill(pid, SIGCONT);
	waitpid(pid, &status, 0);
	_exit(status == 0 ? 0 : 7);
}

static void
test_suspend(void)
{
	struct user u = start(suspend);

	ok(hears(&u, "raw") && is_raw(&u), "raw in the foreground");
	press(&u);
	ok(hears(&u, "stopped"), "stops as ^Z does");
	ok(is_as_before(&u), "with the settings restored");
	if (write(u.master, "\n", 1) != 1)
		abort();
	ok(hears(&u, "background"), "waits for the foreground");
	ok(is_as_before(&u), "without touching the settings");
	if (write(u.master, "\n", 1) != 1)
		abort();
	ok(hears(&u, "resumed") && is_raw(&u), "raw when it continues");
	press(&u);
	is_int(wait_for(&u, 0), 0, "and ends");
	ok(is_as_before(&u), "with the settings restored again");
	close(u.master);
}

static void
test_no_terminal(void)
{
	const struct terminal_fds fds = { -1, -1, -1 };
	struct terminal *t = terminal_new(&fds);
	struct terminal_size size = { 1, 1, 1, 1 };
	struct err e = { 0 };

	is_int(terminal_enter(t, &e), 0, "no terminal: nothing to enter");
	ok(!terminal_is_raw(t), "and not in raw mode");
	terminal_own_size(t, &size);
	ok(size.cols == 0 && size.rows == 0 && size.xpixel == 0 &&
	       size.ypixel == 0,
	   "and no size");
	terminal_set_undo(t, UNDO, strlen(UNDO));
	terminal_leave(t);
	terminal_free(t);
	terminal_free(NULL);
}

static void
test_size(void)
{
	const struct winsize ws = { 30, 100, 1000, 600 };
	struct terminal_fds fds = { -1, -1, open_master() };
	struct terminal *t = terminal_new(&fds);
	struct terminal_size size;

	ioctl(fds.err, TIOCSWINSZ, &ws);
	terminal_own_size(t, &size);
	ok(size.cols == 100 && size.rows == 30 && size.xpixel == 1000 &&
	       size.ypixel == 600,
	   "the size of any of the three");
	close(fds.err);
	terminal_free(t);
}

int
main(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	/* Who runs us in the background may have had these ignored. */
	set_action(SIGINT, SIG_DFL);
	set_action(SIGQUIT, SIG_DFL);
	test_normal_end();
	test_signal(SIGHUP, "HUP");
	test_signal(SIGINT, "INT");
	test_signal(SIGTERM, "TERM");
	test_signal(SIGQUIT, "QUIT");
	test_signal(SIGPIPE, "PIPE");
	test_signal(SIGABRT, "ABRT");
	test_signal(SIGSEGV, "SEGV");
	test_signal(SIGBUS, "BUS");
	test_signal(SIGFPE, "FPE");
	test_signal(SIGILL, "ILL");
	test_crash();
	test_signal_after_leaving();
	test_ignored_signal();
	test_suspend();
	test_no_terminal();
	test_size();
	return done_testing();
}
