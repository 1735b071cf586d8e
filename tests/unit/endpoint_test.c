#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "net/endpoint.h"
#include "net/loop.h"
#include "tap.h"

#define PATIENCE_MS 10000
#define NOBODY 65534

static struct loop *loop;
static char *dir;
static int wakes;

static void
count_wake(void *arg)
{
	(void)arg;
	wakes++;
}

/* Wakes within one turn. */
static int
turn(int timeout_ms)
{
	struct err e = { 0 };

	wakes = 0;
	if (loop_run_once(loop, timeout_ms, &e) != 0)
		ok(false, "loop_run_once: %s", e.text);
	return wakes;
}

static struct endpoint *
new_endpoint(int fd, bool for_writing)
{
	struct err e = { 0 };
	struct endpoint *ep = endpoint_new(loop, fd, for_writing, &e);

	if (ep == NULL)
		ok(false, "endpoint_new: %s", e.text);
	else
		endpoint_set_wake(ep, count_wake, NULL);
	return ep;
}

static bool
is_nonblocking(int fd)
{
	return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
}

#ifdef HAVE_PROC_FD
static const bool can_reopen = true;
#else
static const bool can_reopen = false;
#endif

/* Reading: in is ours, peer is what the other side writes to. */
static void
check_reading(const char *what, int in, int peer, bool keeps_flags)
{
	int shared = dup(in);
	struct endpoint *ep = new_endpoint(in, false);
	char data[16];

	if (keeps_flags && can_reopen)
		ok(!is_nonblocking(shared), "%s: shared flags untouched", what);
	is_int(endpoint_read(ep, data, sizeof(data)), -EAGAIN,
	       "%s: nothing to read, no blocking", what);
	endpoint_want(ep, true);
	is_int(turn(20), 0, "%s: no wake without input", what);
	if (write(peer, "hey\n", 4) != 4)
		abort();
	is_int(turn(PATIENCE_MS), 1, "%s: woken by input", what);
	endpoint_want(ep, false);
	is_int(turn(20), 0, "%s: silent while not wanted", what);
	is_int(endpoint_read(ep, data, sizeof(data)), 4, "%s: read", what);
	is_int(endpoint_read(ep, data, sizeof(data)), -EAGAIN, "%s: read empty",
	       what);
	endpoint_close(ep);
	ok(!endpoint_is_open(ep), "%s: closed", what);
	is_int(endpoint_read(ep, data, sizeof(data)), 0,
	       "%s: at its end once closed", what);
	endpoint_want(ep, true);
	ok(!is_nonblocking(shared), "%s: shared flags as they were", what);
	endpoint_free(ep);
	close(shared);
	close(peer);
}

static void
check_end(const char *what, int in, int peer)
{
	struct endpoint *ep = new_endpoint(in, false);
	char data[16];

	if (write(peer, "x", 1) != 1)
		abort();
	close(peer);
	is_int(turn(20), 0, "%s: an end that nobody wants is silent", what);
	endpoint_want(ep, true);
	is_int(turn(PATIENCE_MS), 1, "%s: woken by the end", what);
	is_int(endpoint_read(ep, data, sizeof(data)), 1, "%s: last byte", what);
	is_int(turn(PATIENCE_MS), 1, "%s: woken again", what);
	is_int(endpoint_read(ep, data, sizeof(data)), 0, "%s: end", what);
	endpoint_free(ep);
}

/* Writing: fill it, let the other side read, go on. */
static void
check_writing(const char *what, int out, int peer, bool keeps_flags)
{
	int shared = dup(out);
	struct endpoint *ep = new_endpoint(out, true);
	static char data[65536];
	ssize_t n, total = 0;

	memset(data, 'x', sizeof(data));
	if (keeps_flags && can_reopen)
		ok(!is_nonblocking(shared), "%s: shared flags untouched", what);
	endpoint_want(ep, true);
	is_int(turn(PATIENCE_MS), 1, "%s: writable at first", what);
	/* A terminal takes some more when it says that it is full. */
	for (int i = 0; i < 100; i++) {
		while ((n = endpoint_write(ep, data, sizeof(data))) > 0)
			total += n;
		if (n != -EAGAIN || turn(20) == 0)
			break;
	}
	is_int(n, -EAGAIN, "%s: full after %zd bytes", what, total);
	is_int(turn(20), 0, "%s: no wake while it is full", what);
	while (total > 0 && (n = read(peer, data, sizeof(data))) > 0)
		total -= n;
	is_int(turn(PATIENCE_MS), 1, "%s: woken by room", what);
	endpoint_want(ep, false);
	is_int(turn(20), 0, "%s: silent while not wanted", what);
	endpoint_close(ep);
	is_int(endpoint_write(ep, "x", 1), -EPIPE, "%s: closed", what);
	ok(!is_nonblocking(shared), "%s: shared flags as they were", what);
	endpoint_free(ep);
	close(shared);
	close(peer);
}

static void
check_gone_reader(const char *what, int out, int peer)
{
	struct endpoint *ep = new_endpoint(out, true);

	close(peer);
	is_int(turn(20), 0, "%s: a lost reader is silent", what);
	endpoint_want(ep, true);
	is_int(turn(PATIENCE_MS), 1, "%s: ready if wanted", what);
	is_int(endpoint_write(ep, "x", 1), -EPIPE, "%s: then EPIPE", what);
	endpoint_free(ep);
}

static void
test_pipes(void)
{
	int fds[2];

	for (int i = 0; i < 4; i++) {
		if (pipe(fds) != 0)
			abort();
		if (i == 0)
			check_reading("pipe", fds[0], fds[1], true);
		else if (i == 1)
			check_end("pipe", fds[0], fds[1]);
		else if (i == 2)
			check_writing("pipe", fds[1], fds[0], true);
		else
			check_gone_reader("pipe", fds[1], fds[0]);
	}
}

static void
test_sockets(void)
{
	int fds[2];

	for (int i = 0; i < 4; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
			abort();
		if (i == 0)
			check_reading("socket", fds[0], fds[1], true);
		else if (i == 1)
			check_end("socket", fds[0], fds[1]);
		else if (i == 2)
			check_writing("socket", fds[1], fds[0], true);
		else
			check_gone_reader("socket", fds[1], fds[0]);
	}
}

static void
raw_pty(int *ret_master, int *ret_slave)
{
	struct termios tio;

	if (openpty(ret_master, ret_slave, NULL, NULL, NULL) != 0)
		abort();
	tcgetattr(*ret_slave, &tio);
	cfmakeraw(&tio);
	tcsetattr(*ret_slave, TCSANOW, &tio);
}

static void
test_terminals(void)
{
	int master, slave;

	raw_pty(&master, &slave);
	check_reading("terminal", slave, master, true);
	raw_pty(&master, &slave);
	check_writing("terminal", slave, master, true);
	/* A master cannot be opened again: its flag is borrowed. */
	raw_pty(&master, &slave);
	check_reading("pty master", master, slave, false);
}

/* A terminal of another user's, as after su(1): it cannot be opened again. */
static int
foreign_pty(int *ret_master)
{
	int slave;

	raw_pty(ret_master, &slave);
	fchmod(slave, 0);
	if (geteuid() == 0 && seteuid(NOBODY) != 0)
		abort();
	return slave;
}

static void
be_again(uid_t user)
{
	if (seteuid(user) != 0)
		abort();
}

static void
test_foreign_terminals(void)
{
	uid_t user = geteuid();
	int master, slave = foreign_pty(&master);

	check_reading("foreign terminal", slave, master, true);
	be_again(user);
	slave = foreign_pty(&master);
	check_writing("foreign terminal", slave, master, true);
	be_again(user);
}

/* A FIFO whose only writer has come and gone before we look at it. */
static void
test_fifo(void)
{
	char *path = xasprintf("%s/fifo", dir);
	struct endpoint *ep;
	int in, out;
	char data[16];

	if (mkfifo(path, 0600) != 0)
		abort();
	in = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	fcntl(in, F_SETFL, 0);
	out = open(path, O_WRONLY | O_CLOEXEC);
	if (write(out, "hey", 3) != 3)
		abort();
	close(out);
	ep = new_endpoint(in, false);
	endpoint_want(ep, true);
	is_int(turn(PATIENCE_MS), 1, "fifo: woken");
	is_int(endpoint_read(ep, data, sizeof(data)), 3, "fifo: read");
	is_int(turn(PATIENCE_MS), 1, "fifo: woken by the end");
	is_int(endpoint_read(ep, data, sizeof(data)), 0, "fifo: end");
	endpoint_free(ep);
	unlink(path);
	free(path);
}

static void
test_file(void)
{
	char *path = xasprintf("%s/file", dir);
	struct endpoint *ep;
	char data[16] = "";
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ep = new_endpoint(fd, true);
	endpoint_want(ep, true);
	is_int(turn(PATIENCE_MS), 1, "file: always writable");
	is_int(turn(PATIENCE_MS), 1, "file: in each turn");
	is_int(endpoint_write(ep, "hey", 3), 3, "file: written");
	endpoint_free(ep);

	fd = open(path, O_RDONLY | O_CLOEXEC);
	ep = new_endpoint(fd, false);
	is_int(turn(20), 0, "file: silent while not wanted");
	endpoint_want(ep, true);
	is_int(turn(PATIENCE_MS), 1, "file: always readable");
	is_int(endpoint_read(ep, data, sizeof(data)), 3, "file: read");
	is_str(data, "hey", "file: content");
	is_int(endpoint_read(ep, data, sizeof(data)), 0, "file: end");
	endpoint_free(ep);
	unlink(path);
	free(path);
}

static void
test_null(void)
{
	struct endpoint *ep =
	    new_endpoint(open("/dev/null", O_RDWR | O_CLOEXEC), false);
	char data[16];

	endpoint_want(ep, true);
	is_int(turn(PATIENCE_MS), 1, "/dev/null: readable");
	is_int(endpoint_read(ep, data, sizeof(data)), 0, "/dev/null: empty");
	endpoint_free(ep);
	endpoint_free(NULL);
}

static void
test_closed(void)
{
	struct err e = { 0 };
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	close(fd);
	ok(endpoint_new(loop, fd, false, &e) == NULL,
	   "a closed descriptor is refused");
	is_int(e.kind, ERR_LOCAL, "with an error: %s", e.text);
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");
	struct err e = { 0 };

	signal(SIGPIPE, SIG_IGN);
	dir = xasprintf("%s/endpoint_test.XXXXXX", tmp ? tmp : "/tmp");
	loop = loop_new(&e);
	if (!ok(loop != NULL && mkdtemp(dir) != NULL, "a loop can be made"))
		return done_testing();
	test_pipes();
	test_sockets();
	test_terminals();
	test_foreign_terminals();
	test_fifo();
	test_file();
	test_null();
	test_closed();
	loop_free(loop);
	rmdir(dir);
	free(dir);
	return done_testing();
}
