#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "net/loop.h"
#include "tap.h"

#define PATIENCE_MS 10000

static struct loop *loop;
static char trace[64]; /* one letter for each callback, in order */

static void
note(char letter)
{
	size_t len = strlen(trace);

	if (len + 1 < sizeof(trace)) {
		trace[len] = letter;
		trace[len + 1] = '\0';
	}
}

static void
turn(int timeout_ms)
{
	struct err e = { 0 };

	if (loop_run_once(loop, timeout_ms, &e) != 0)
		ok(false, "loop_run_once: %s", e.text);
}

/* Run the loop until the trace has a letter. */
static void
run_until(char letter)
{
	int64_t end = loop_now_ms() + PATIENCE_MS;

	while (strchr(trace, letter) == NULL && loop_now_ms() < end)
		turn(100);
}

static void
note_a(void *arg)
{
	(void)arg;
	note('a');
}

static void
note_b(void *arg)
{
	(void)arg;
	note('b');
}

static void
test_timers(void)
{
	struct loop_timer *a = loop_timer_new(loop, note_a, NULL);
	struct loop_timer *b = loop_timer_new(loop, note_b, NULL);
	int64_t start = loop_now_ms();

	trace[0] = '\0';
	loop_timer_set(a, 60);
	loop_timer_set(b, 20);
	run_until('a');
	is_str(trace, "ba", "timers fire in the order of their deadlines");
	ok(loop_now_ms() - start >= 50, "and not early");

	trace[0] = '\0';
	loop_timer_set(a, 0);
	loop_timer_set(a, -1);
	loop_timer_set(b, 3600 * 1000);
	loop_timer_set(b, 10);
	run_until('b');
	is_str(trace, "b", "a timer can be disarmed, and set again");

	trace[0] = '\0';
	loop_timer_set(a, 0);
	loop_timer_free(a);
	loop_timer_set(b, 20);
	run_until('b');
	is_str(trace, "b", "a freed timer does not fire");
	loop_timer_free(b);
	loop_timer_free(NULL);
}

static void
test_time_limit(void)
{
	struct loop_timer *late = loop_timer_new(loop, note_a, NULL);
	int64_t start = loop_now_ms();

	trace[0] = '\0';
	loop_timer_set(late, 3600 * 1000);
	turn(0);
	turn(30);
	is_str(trace, "", "nothing is due");
	ok(loop_now_ms() - start < PATIENCE_MS, "and the limit ends waiting");
	loop_timer_free(late);
}

struct pipe_end {
	int fd;
	struct loop_io *io;
	bool free_at_once;
};

static void
pipe_ready(void *arg, bool can_read, bool can_write)
{
	struct pipe_end *p = arg;

	note(can_read ? 'r' : 'w');
	if (can_write && can_read)
		note('!');
	if (p->free_at_once) {
		loop_io_free(p->io);
		p->io = NULL;
	}
}

static void
test_pipe(void)
{
	struct err e = { 0 };
	struct pipe_end in = { 0 }, out = { 0 };
	int fds[2];

	if (pipe(fds) != 0)
		abort();
	in.fd = fds[0];
	out.fd = fds[1];
	in.io = loop_io_new(loop, in.fd, pipe_ready, &in, &e);
	out.io = loop_io_new(loop, out.fd, pipe_ready, &out, &e);
	ok(in.io != NULL && out.io != NULL, "a pipe can be watched");
	ok(!loop_io_is_always_ready(in.io), "and waited for");
	trace[0] = '\0';
	loop_io_want(in.io, true, false);
	turn(20);
	is_str(trace, "", "an empty pipe is not readable");
	loop_io_want(out.io, false, true);
	turn(PATIENCE_MS);
	is_str(trace, "w", "but writable");
	loop_io_want(out.io, false, false);
	trace[0] = '\0';
	if (write(out.fd, "x", 1) != 1)
		abort();
	turn(PATIENCE_MS);
	turn(PATIENCE_MS);
	is_str(trace, "rr", "what is not read makes it readable every turn");
	loop_io_want(in.io, false, false);
	close(out.fd);
	trace[0] = '\0';
	turn(20);
	turn(20);
	is_str(trace, "", "a closed pipe that nobody wants is silent");
	in.free_at_once = true;
	loop_io_want(in.io, true, false);
	turn(PATIENCE_MS);
	is_str(trace, "r", "a watcher can be freed from its own callback");
	loop_io_free(out.io);
	close(in.fd);
}

/* Two watchers are due in one turn; the first to run frees the other. */
static struct pipe_end pair[2];

static void
free_other(void *arg, bool can_read, bool can_write)
{
	struct pipe_end *other = arg == &pair[0] ? &pair[1] : &pair[0];

	(void)can_read;
	(void)can_write;
	note('f');
	loop_io_free(other->io);
	other->io = NULL;
}

static void
test_free_other(void)
{
	struct err e = { 0 };
	int fds[2];

	for (size_t i = 0; i < 2; i++) {
		if (pipe(fds) != 0)
			abort();
		close(fds[1]);
		pair[i].fd = fds[0];
		pair[i].io =
		    loop_io_new(loop, fds[0], free_other, &pair[i], &e);
		loop_io_want(pair[i].io, true, false);
	}
	trace[0] = '\0';
	turn(PATIENCE_MS);
	is_str(trace, "f", "a freed watcher does not run, even if it was due");
	for (size_t i = 0; i < 2; i++) {
		loop_io_free(pair[i].io);
		close(pair[i].fd);
	}
}

static void
test_always_ready(const char *what, int fd)
{
	struct err e = { 0 };
	struct pipe_end p = { .fd = fd };
	struct loop_timer *late = loop_timer_new(loop, note_a, NULL);

	p.io = loop_io_new(loop, fd, pipe_ready, &p, &e);
	if (!ok(p.io != NULL, "%s can be watched", what))
		return;
	ok(loop_io_is_always_ready(p.io), "%s is always ready", what);
	trace[0] = '\0';
	loop_timer_set(late, 50);
	run_until('a');
	is_str(trace, "a", "%s does not run while it is not wanted", what);
	trace[0] = '\0';
	loop_io_want(p.io, true, false);
	turn(PATIENCE_MS);
	turn(PATIENCE_MS);
	is_str(trace, "rr", "%s runs once in each turn when wanted", what);
	loop_io_want(p.io, false, true);
	turn(PATIENCE_MS);
	is_str(trace, "rrw", "%s is as writable as it is readable", what);
	p.free_at_once = true;
	turn(PATIENCE_MS);
	is_str(trace, "rrww", "%s can be freed from its callback", what);
	loop_timer_set(late, 0);
	turn(PATIENCE_MS);
	is_str(trace, "rrwwa", "%s is gone after that", what);
	loop_timer_free(late);
	close(fd);
}

static int
open_regular(void)
{
	const char *dir = getenv("TMPDIR");
	char *path = xasprintf("%s/loop_test.XXXXXX", dir ? dir : "/tmp");
	int fd = mkstemp(path);

	unlink(path);
	free(path);
	return fd;
}

static void
test_bad_descriptor(void)
{
	struct err e = { 0 };
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	close(fd);
	ok(loop_io_new(loop, fd, pipe_ready, NULL, &e) == NULL,
	   "a closed descriptor cannot be watched");
	is_int(e.kind, ERR_LOCAL, "and that is an error: %s", e.text);
}

struct worker {
	struct loop_task *task, *other;
	char letter;
	int again; /* how often to post itself */
};

static void
work(void *arg)
{
	struct worker *w = arg;

	note(w->letter);
	if (w->other != NULL)
		loop_task_post(w->other);
	if (w->again-- > 0)
		loop_task_post(w->task);
}

static void
post_twice(void *arg)
{
	note('t');
	loop_task_post(arg);
	loop_task_post(arg);
}

static void
free_self(void *arg)
{
	struct loop_task **t = arg;

	note('x');
	loop_task_post(*t);
	loop_task_free(*t);
	*t = NULL;
}

static void
test_tasks(void)
{
	struct worker w = { .letter = 'w' };
	struct loop_timer *t1, *t2, *due;

	w.task = loop_task_new(loop, work, &w);
	t1 = loop_timer_new(loop, post_twice, w.task);
	t2 = loop_timer_new(loop, post_twice, w.task);
	trace[0] = '\0';
	loop_timer_set(t1, 0);
	loop_timer_set(t2, 0);
	turn(PATIENCE_MS);
	is_str(trace, "ttw", "a task runs once, after those that asked for it");
	trace[0] = '\0';
	w.again = 1;
	due = loop_timer_new(loop, note_a, NULL);
	loop_timer_set(due, 0);
	loop_task_post(w.task);
	turn(PATIENCE_MS);
	is_str(trace, "aw", "a posted task does not keep others from running");
	turn(PATIENCE_MS);
	is_str(trace, "aww", "one that posts itself runs in the next turn");
	loop_timer_set(due, 0);
	turn(PATIENCE_MS);
	is_str(trace, "awwa", "and is done when it stops doing so");
	trace[0] = '\0';
	loop_task_post(w.task);
	loop_task_free(w.task);
	loop_timer_set(due, 0);
	turn(PATIENCE_MS);
	is_str(trace, "a", "a freed task does not run");
	loop_timer_free(t1);
	loop_timer_free(t2);
	loop_timer_free(due);
}

static void
test_tasks_together(void)
{
	struct worker one = { .letter = '1' }, two = { .letter = '2' };
	struct loop_task *brief;

	one.task = loop_task_new(loop, work, &one);
	two.task = loop_task_new(loop, work, &two);
	one.other = two.task;
	two.other = one.task;
	trace[0] = '\0';
	loop_task_post(one.task);
	turn(PATIENCE_MS);
	is_str(trace, "12", "a task may post another into the same turn");
	turn(PATIENCE_MS);
	is_str(trace, "1212", "two that post each other run once a turn each");
	loop_task_free(one.task);
	loop_task_free(two.task);

	trace[0] = '\0';
	brief = loop_task_new(loop, free_self, &brief);
	loop_task_post(brief);
	turn(PATIENCE_MS);
	turn(0);
	is_str(trace, "x", "a task can free itself");
}

static void
got_signal(void *arg, int signo)
{
	struct loop_signal **s = arg;

	note(signo == SIGUSR1 ? 's' : '?');
	loop_signal_free(*s);
	*s = NULL;
}

static void
test_signals(void)
{
	struct loop_signal *s;
	struct sigaction old;

	signal(SIGUSR1, SIG_IGN);
	s = loop_signal_new(loop, SIGUSR1, got_signal, &s);
	trace[0] = '\0';
	raise(SIGUSR1);
	run_until('s');
	is_str(trace, "s", "a signal is delivered in the loop");
	sigaction(SIGUSR1, NULL, &old);
	ok(old.sa_handler == SIG_IGN, "and its old disposition comes back");
}

/* The loop goes on in a child of a parent that ends (ssh -f). */
static void
test_fork(void)
{
	struct err e = { 0 };
	struct loop_timer *t;
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		trace[0] = '\0';
		if (loop_after_fork(loop, &e) != 0)
			_exit(1);
		t = loop_timer_new(loop, note_a, NULL);
		loop_timer_set(t, 10);
		run_until('a');
		_exit(strcmp(trace, "a") == 0 ? 0 : 2);
	}
	waitpid(pid, &status, 0);
	is_int(status, 0, "the loop works in a child");
}

/* Waiting must not burn: CPU time stays far below the time waited. */
static void
test_idle(void)
{
	struct loop_timer *t = loop_timer_new(loop, note_a, NULL);
	struct rusage before, after;

	trace[0] = '\0';
	getrusage(RUSAGE_SELF, &before);
	loop_timer_set(t, 300);
	run_until('a');
	getrusage(RUSAGE_SELF, &after);
	ok(after.ru_utime.tv_sec * 1000 + after.ru_utime.tv_usec / 1000 -
		   before.ru_utime.tv_sec * 1000 -
		   before.ru_utime.tv_usec / 1000 <
	       150,
	   "waiting is idle");
	loop_timer_free(t);
}

int
main(void)
{
	struct err e = { 0 };

	loop = loop_new(&e);
	if (!ok(loop != NULL, "a loop can be made"))
		return done_testing();
	is_int(loop_run_once(loop, -1, &e), -1,
	       "waiting for ever for nothing is refused");
	test_timers();
	test_time_limit();
	test_pipe();
	test_free_other();
	test_always_ready("a regular file", open_regular());
	test_always_ready("/dev/null", open("/dev/null", O_RDWR | O_CLOEXEC));
	test_bad_descriptor();
	test_tasks();
	test_tasks_together();
	test_signals();
	test_fork();
	test_idle();
	loop_free(loop);
	return done_testing();
}
