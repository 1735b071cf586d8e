#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "net/connector.h"
#include "net/loop.h"
#include "net/resolve.h"
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
finish(struct connector *c, int *ret_fd, struct err *e)
{
	int64_t end = loop_now_ms() + PATIENCE_MS;
	enum step step = connector_step(c, ret_fd, e);

	while (step == STEP_AGAIN && loop_now_ms() < end) {
		wakes = 0;
		while (wakes == 0 && loop_now_ms() < end)
			loop_run_once(loop, 1000, e);
		step = connector_step(c, ret_fd, e);
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
check_success(const struct connector_params *p, int server, const char *what)
{
	struct connector *c = connector_new(loop, p, on_wake, NULL);
	struct err e = { 0 };
	int fd = -1, peer;
	char byte = 0;

	is_int(finish(c, &fd, &e), STEP_DONE, "%s: connected %s", what, e.text);
	connector_free(c);
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
check_failure(const struct connector_params *p, int error, const char *text)
{
	struct connector *c = connector_new(loop, p, on_wake, NULL);
	struct err e = { 0 };
	int fd = -1;

	is_int(finish(c, &fd, &e), STEP_FAIL, "%s", text);
	is_str(e.text, text, "text");
	is_int(e.kind, ERR_FORWARD, "kind");
	is_int(connector_errno(c), error, "errno");
	connector_free(c);
}

static void
test_tcp(void)
{
	struct connector_params p = { .host = "127.0.0.1" };
	int server = listen_at(&p.port, 5);
	char *text;

	check_success(&p, server, "a numeric address");
	/* It may try ::1 first. */
	p.host = "localhost";
	check_success(&p, server, "localhost");
	p.host = "LocalHost";
	check_success(&p, server, "a name that is looked up");
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
	struct connector_params p = { .host = name, .port = 1 };
	struct connector *c = connector_new(loop, &p, on_wake, NULL);
	struct err e = { 0 };
	int fd = -1;

	is_int(finish(c, &fd, &e), STEP_FAIL, "a name that is none");
	ok(strstr(e.text, "connect_to x12345") == e.text &&
	       strstr(e.text, ": unknown host (") != NULL,
	   "%s", e.text);
	is_int(connector_errno(c), EHOSTUNREACH, "errno");
	connector_free(c);
	connector_free(NULL);

	/* Given up before the answer is there. */
	p.host = "LocalHost";
	c = connector_new(loop, &p, on_wake, NULL);
	is_int(connector_step(c, &fd, &e), STEP_AGAIN, "not known at once");
	connector_free(c);
	ok(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD,
	   "no child is left behind");
}

static void
test_resolve(void)
{
	struct resolve_params p = { .host = "::1", .port = 80 };
	const struct resolve_address *found = NULL;
	struct resolve *r;
	struct err e = { 0 };
	size_t n = 0;

	r = resolve_new(loop, &p, on_wake, NULL);
	is_int(resolve_step(r, &found, &n, &e), STEP_DONE, "::1 at once");
	ok(n == 1 && found[0].address.ss_family == AF_INET6 &&
	       ((const struct sockaddr_in6 *)&found[0].address)->sin6_port ==
		   htons(80),
	   "with the port");
	resolve_free(r);
	p.host = "localhost";
	p.family = AF_INET;
	r = resolve_new(loop, &p, on_wake, NULL);
	is_int(resolve_step(r, &found, &n, &e), STEP_DONE, "localhost too");
	ok(n >= 1 && found[0].address.ss_family == AF_INET, "in one family");
	resolve_free(r);
	resolve_free(NULL);
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
	struct connector_params p = { .path = path };
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
		struct connector *c = connector_new(loop, &p, on_wake, NULL);
		struct err e = { 0 };
		int fd;

		is_int(finish(c, &fd, &e), STEP_FAIL, "a path too long");
		is_int(connector_errno(c), ENAMETOOLONG, "errno");
		connector_free(c);
	}
	free(text);
}

static void
test_full_queue(void)
{
	struct connector_params p = { .path = path };
	int server = listen_at(NULL, 0), fds[16], n = 0, fd = -1;
	struct connector *c;
	struct err e = { 0 };

	while (n < 16 && (fds[n] = connect_plain()) >= 0)
		n++;
	c = connector_new(loop, &p, on_wake, NULL);
	is_int(connector_step(c, &fd, &e), STEP_AGAIN, "the queue is full");
	for (int i = 0; i < n; i++) {
		close(accept(server, NULL, NULL));
		close(fds[i]);
	}
	is_int(finish(c, &fd, &e), STEP_DONE, "room again");
	close(fd);
	connector_free(c);
	close(server);
	unlink(path);
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");
	struct err e = { 0 };
	char *dir = xasprintf("%s/connector.XXXXXX", tmp ? tmp : "/tmp");

	if (mkdtemp(dir) == NULL)
		abort();
	path = xasprintf("%s/sock", dir);
	loop = loop_new(&e);
	if (!ok(loop != NULL, "a loop can be made"))
		return done_testing();
	test_tcp();
	test_names();
	test_resolve();
	test_unix();
	test_full_queue();
	loop_free(loop);
	rmdir(dir);
	free(dir);
	free(path);
	return done_testing();
}
