#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "net/address.h"
#include "net/dial.h"
#include "net/loop.h"
#include "tap.h"

#define PATIENCE_MS 10000

static struct loop *loop;
static char *path;
static int wakes;

static void
on_wake(void *arg)
{
	(void)arg;
	wakes++;
}

/* Step until it is over. */
static enum step
finish(struct dial *d, int *ret_fd, struct err *e)
{
	int64_t end = loop_now_ms() + PATIENCE_MS;
	enum step step = dial_step(d, ret_fd, e);

	while (step == STEP_AGAIN && loop_now_ms() < end) {
		wakes = 0;
		while (wakes == 0 && loop_now_ms() < end)
			loop_run_once(loop, 1000, e);
		step = dial_step(d, ret_fd, e);
	}
	return step;
}

/* A socket that listens on 127.0.0.1, or on path if port is NULL. */
static int
listen_at(int *ret_port, int backlog)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(in);
	int fd, rc;

	fd = socket(ret_port != NULL ? AF_INET : AF_UNIX,
		    SOCK_STREAM | SOCK_CLOEXEC, 0);
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	rc = ret_port != NULL ? bind(fd, (struct sockaddr *)&in, sizeof(in))
			      : bind(fd, (struct sockaddr *)&un, sizeof(un));
	if (rc != 0 || listen(fd, backlog) != 0)
		abort();
	if (ret_port != NULL) {
		getsockname(fd, (struct sockaddr *)&in, &len);
		*ret_port = ntohs(in.sin_port);
	}
	return fd;
}

static void
check_success(const struct dial_params *p, int server, const char *what)
{
	struct dial *d = dial_new(loop, p, on_wake, NULL);
	struct err e = { 0 };
	int fd = -1, peer;
	char byte = 0;

	is_int(finish(d, &fd, &e), STEP_DONE, "%s: connected %s", what, e.text);
	dial_free(d);
	ok(fd >= 0 && (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0 &&
	       (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0,
	   "%s: flags", what);
	peer = accept(server, NULL, NULL);
	ok(write(fd, "x", 1) == 1 && read(peer, &byte, 1) == 1 && byte == 'x',
	   "%s: to the right place", what);
	if (p->path == NULL) {
		int value = 0;
		socklen_t len = sizeof(value);

		getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &len);
		ok(value != 0, "%s: without delay", what);
	}
	close(peer);
	close(fd);
}

static void
check_failure(const struct dial_params *p, int error, const char *text)
{
	struct dial *d = dial_new(loop, p, on_wake, NULL);
	struct err e = { 0 };
	int fd = -1;

	is_int(finish(d, &fd, &e), STEP_FAIL, "%s", text);
	is_str(e.text, text, "text");
	is_int(e.kind, ERR_FORWARD, "kind");
	is_int(dial_errno(d), error, "errno");
	dial_free(d);
}

static void
test_tcp(void)
{
	struct dial_params p = { .host = "127.0.0.1" };
	int server = listen_at(&p.port, 5);
	char *text;

	check_success(&p, server, "a numeric address");
	/* It may try ::1 first. */
	p.host = "localhost";
	check_success(&p, server, "localhost");
	p.family = AF_INET;
	check_success(&p, server, "in one family");
	close(server);
	p.host = "127.0.0.1";
	text = xasprintf("connect_to 127.0.0.1 port %d: failed: "
			 "Connection refused",
			 p.port);
	check_failure(&p, ECONNREFUSED, text);
	free(text);
}

static void
test_names(void)
{
	/* Longer than a label can be, so that nobody is asked. */
	char name[] = "x123456789012345678901234567890123456789012345678901234"
		      "567890123456789";
	struct dial_params p = { .host = name, .port = 1 };
	struct dial *d = dial_new(loop, &p, on_wake, NULL);
	struct err e = { 0 };
	int fd = -1;

	is_int(finish(d, &fd, &e), STEP_FAIL, "a name that is none");
	ok(strstr(e.text, "connect_to x12345") == e.text &&
	       strstr(e.text, ": unknown host (") != NULL,
	   "%s", e.text);
	is_int(dial_errno(d), EHOSTUNREACH, "errno");
	dial_free(d);
}

static int
connect_plain(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
test_unix(void)
{
	struct dial_params p = { .path = path };
	int server = listen_at(NULL, 5);
	char *text = xasprintf("connect_to %s: failed: "
			       "No such file or directory",
			       path);

	check_success(&p, server, "a Unix socket");
	close(server);
	unlink(path);
	check_failure(&p, ENOENT, text);
	free(text);
	text = xasprintf("/%0120d", 0);
	p.path = text;
	{
		struct dial *d = dial_new(loop, &p, on_wake, NULL);
		struct err e = { 0 };
		int fd;

		is_int(finish(d, &fd, &e), STEP_FAIL, "a path too long");
		is_int(dial_errno(d), ENAMETOOLONG, "errno");
		dial_free(d);
	}
	free(text);
}

/* In the abstract namespace first, then at the path. */
static void
test_abstract(void)
{
	struct dial_params p = { .path = path, .is_abstract = true };
	int server = listen_at(NULL, 5), other;
	struct address a;

	check_success(&p, server, "a path with no abstract socket");
	other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (address_from_abstract(&a, path) != 0 ||
	    bind(other, &a.any, a.len) != 0 || listen(other, 5) != 0)
		skip("no abstract sockets");
	else
		check_success(&p, other, "an abstract socket");
	close(other);
	close(server);
	unlink(path);
}

static void
test_full_queue(void)
{
	struct dial_params p = { .path = path };
	int server = listen_at(NULL, 0), fds[16], n = 0, fd = -1;
	struct dial *d;
	struct err e = { 0 };

	while (n < 16 && (fds[n] = connect_plain()) >= 0)
		n++;
	d = dial_new(loop, &p, on_wake, NULL);
	is_int(dial_step(d, &fd, &e), STEP_AGAIN, "the queue is full");
	for (int i = 0; i < n; i++) {
		close(accept(server, NULL, NULL));
		close(fds[i]);
	}
	is_int(finish(d, &fd, &e), STEP_DONE, "room again");
	close(fd);
	dial_free(d);
	close(server);
	unlink(path);
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");
	struct err e = { 0 };
	char *dir = xasprintf("%s/dial.XXXXXX", tmp ? tmp : "/tmp");

	if (mkdtemp(dir) == NULL)
		abort();
	path = xasprintf("%s/sock", dir);
	loop = loop_new(&e);
	if (!ok(loop != NULL, "a loop can be made"))
		return done_testing();
	test_tcp();
	test_names();
	test_unix();
	test_abstract();
	test_full_queue();
	loop_free(loop);
	rmdir(dir);
	free(dir);
	free(path);
	return done_testing();
}
