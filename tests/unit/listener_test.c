#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "net/address.h"
#include "net/listener.h"
#include "net/loop.h"
#include "tap.h"

#define PATIENCE_MS 10000
#define FDS_LOOKED_AT 1024

static struct loop *loop;
static char *dir;
static int accepted, last_fd = -1, troubles, last_error;

static void
on_accepted(void *arg, int fd)
{
	(void)arg;
	accepted++;
	if (last_fd >= 0)
		close(last_fd);
	last_fd = fd;
}

static void
on_trouble(void *arg, int error)
{
	(void)arg;
	troubles++;
	last_error = error;
}

static void
on_wake(void *arg)
{
	(void)arg;
}

static struct listener_params
params(const char *host, int port)
{
	struct listener_params p = { .host = host,
				     .port = port,
				     .bind_mask = 0177,
				     .accepted = on_accepted,
				     .trouble = on_trouble,
				     .wake = on_wake };

	return p;
}

/* Run the loop until a connection was accepted, or a second without any. */
static int
turns(int timeout_ms)
{
	struct err e = { 0 };
	int before = accepted;

	while (accepted == before) {
		int64_t start = loop_now_ms();

		if (loop_run_once(loop, timeout_ms, &e) != 0)
			ok(false, "loop_run_once: %s", e.text);
		timeout_ms -= (int)(loop_now_ms() - start);
		if (timeout_ms <= 0)
			break;
	}
	return accepted - before;
}

/* A listener that listens; or NULL with e set. */
static struct listener *
listen_at(const struct listener_params *p, struct err *e)
{
	struct listener *li = listener_new(loop, p);
	enum step step;

	while ((step = listener_step(li, e)) == STEP_AGAIN)
		if (loop_run_once(loop, PATIENCE_MS, e) != 0)
			break;
	if (step == STEP_DONE)
		return li;
	listener_free(li);
	return NULL;
}

/* Returns a connected socket, or -1. */
static int
connect_tcp(const char *address, int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons((in_port_t)port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons((in_port_t)port) };
	bool is_six = inet_pton(AF_INET6, address, &in6.sin6_addr) == 1;
	int fd =
	    socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int rc;

	inet_pton(AF_INET, address, &in.sin_addr);
	rc = is_six ? connect(fd, (struct sockaddr *)&in6, sizeof(in6))
		    : connect(fd, (struct sockaddr *)&in, sizeof(in));
	if (rc == 0)
		return fd;
	close(fd);
	return -1;
}

static int
connect_unix(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool
reaches(const char *address, int port)
{
	int fd = connect_tcp(address, port);

	if (fd < 0)
		return false;
	close(fd);
	return turns(PATIENCE_MS) == 1;
}

/* The port of the first listening socket that this process has; 0: none. */
static int
port_in_use(void)
{
	for (int fd = 0; fd < FDS_LOOKED_AT; fd++) {
		struct address a;
		int on = 0;
		socklen_t len = sizeof(on);

		if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 &&
		    on != 0 && address_of_socket(&a, fd) == 0)
			return address_port(&a);
	}
	return 0;
}

static int
free_port(void)
{
	struct listener_params p = params("127.0.0.1", 0);
	struct err e = { 0 };
	struct listener *li = listen_at(&p, &e);
	int port = li != NULL ? port_in_use() : 0;

	ok(port > 0, "a port of the system's choice %s", e.text);
	listener_free(li);
	return port;
}

static void
test_accept(void)
{
	struct listener_params p = params("127.0.0.1", 0);
	struct err e = { 0 };
	struct listener *li = listen_at(&p, &e);
	int port = port_in_use(), value = 0, peers[40];
	socklen_t len = sizeof(value);

	peers[0] = connect_tcp("127.0.0.1", port);
	is_int(turns(PATIENCE_MS), 1, "a connection is accepted");
	ok((fcntl(last_fd, F_GETFL) & O_NONBLOCK) != 0, "non-blocking");
	ok((fcntl(last_fd, F_GETFD) & FD_CLOEXEC) != 0, "close-on-exec");
	getsockopt(last_fd, IPPROTO_TCP, TCP_NODELAY, &value, &len);
	ok(value != 0, "without delay");
	close(peers[0]);

	for (size_t i = 0; i < 40; i++)
		peers[i] = connect_tcp("127.0.0.1", port);
	accepted = 0;
	while (turns(200) > 0)
		continue;
	is_int(accepted, 40, "and all that wait");
	for (size_t i = 0; i < 40; i++)
		close(peers[i]);
	listener_free(li);
	listener_free(NULL);
}

/* Which addresses belong to what is written before the port? 127.0.0.2 is an
 * address of this machine that is not 127.0.0.1. */
static void
test_addresses(void)
{
	static const struct {
		const char *host;
		bool gateway_ports, one, two, six;
	} cases[] = {
		{ NULL, false, true, false, true },
		{ NULL, true, true, true, true },
		{ "", false, true, true, true },
		{ "*", false, true, true, true },
		{ "localhost", false, true, false, true },
		{ "localhost", true, true, false, true },
		{ "127.0.0.1", true, true, false, false },
		{ "127.0.0.2", false, false, true, false },
		{ "::1", false, false, false, true },
	};
	int probe = connect_tcp("::1", 1);
	bool has_six = errno != EADDRNOTAVAIL && errno != EAFNOSUPPORT;

	if (probe >= 0)
		close(probe);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *host = cases[i].host;
		struct listener_params p = params(host, free_port());
		struct err e = { 0 };
		struct listener *li;

		if (!has_six && !cases[i].one && !cases[i].two)
			continue;
		p.gateway_ports = cases[i].gateway_ports;
		li = listen_at(&p, &e);
		if (!ok(li != NULL, "case %zu %s", i, e.text))
			continue;
		ok(reaches("127.0.0.1", p.port) == cases[i].one,
		   "127.0.0.1 of %s", host != NULL ? host : "NULL");
		ok(reaches("127.0.0.2", p.port) == cases[i].two,
		   "127.0.0.2 of %s", host != NULL ? host : "NULL");
		if (has_six)
			ok(reaches("::1", p.port) == cases[i].six, "::1 of %s",
			   host != NULL ? host : "NULL");
		listener_free(li);
	}
}

static void
test_family(void)
{
	struct listener_params p = params(NULL, free_port());
	struct err e = { 0 };
	struct listener *li;

	p.family = AF_INET;
	li = listen_at(&p, &e);
	ok(reaches("127.0.0.1", p.port), "-4 listens on 127.0.0.1");
	ok(!reaches("::1", p.port), "and not on ::1");
	listener_free(li);
}

/* What was logged since the last call; the caller frees it. */
static char *
logged(void)
{
	char *path = xasprintf("%s/log", dir);
	struct buf text = BUF_INIT;
	struct err e = { 0 };

	buf_load_file(&text, path, 65536, &e);
	if (truncate(path, 0) != 0)
		ok(false, "truncate");
	free(path);
	return buf_take_str(&text);
}

static void
test_tcp_errors(void)
{
	struct listener_params p = params("127.0.0.1", 0);
	struct err e = { 0 };
	struct listener *li = listen_at(&p, &e);
	char *want, *text;

	free(logged());
	p.port = port_in_use();
	ok(listen_at(&p, &e) == NULL, "a port in use");
	is_int(e.kind, ERR_FORWARD, "kind");
	want = xasprintf(
	    "channel_setup_fwd_listener_tcpip: cannot listen to port: %d",
	    p.port);
	is_str(e.text, want, "text");
	free(want);
	text = logged();
	want = xasprintf("bind [127.0.0.1]:%d: %s\r\n", p.port,
			 strerror(EADDRINUSE));
	is_str(text, want, "and the reason before");
	free(want);
	free(text);
	listener_free(li);

	p.host = "name.invalid";
	ok(listen_at(&p, &e) == NULL, "no such host");
	ok(strstr(e.text, "channel_setup_fwd_listener_tcpip: "
			  "getaddrinfo(name.invalid): ") == e.text,
	   "%s", e.text);
	free(logged());
}

static void
check_unix_error(struct listener_params *p, const char *want, const char *what)
{
	struct err e = { 0 };

	ok(listen_at(p, &e) == NULL, "%s", what);
	is_str(e.text, want, "%s: text", what);
}

static void
test_unix(void)
{
	struct listener_params p = params(NULL, 0);
	char *path = xasprintf("%s/sock", dir), *want;
	struct err e = { 0 };
	struct listener *li;
	struct stat st;
	int peer;

	p.path = path;
	li = listen_at(&p, &e);
	ok(li != NULL, "a Unix socket %s", e.text);
	ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600, "mode 0600");
	peer = connect_unix(path);
	is_int(turns(PATIENCE_MS), 1, "takes connections");
	close(peer);
	want = xasprintf("unix_listener: cannot bind to path %s: %s", path,
			 strerror(EADDRINUSE));
	check_unix_error(&p, want, "a path in use");
	free(want);
	listener_free(li);
	ok(stat(path, &st) != 0, "the path is removed with it");

	p.bind_mask = 0111;
	li = listen_at(&p, &e);
	ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0666, "mode 0666");
	p.bind_unlink = true;
	listener_free(listen_at(&p, &e));
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	listener_free(li);
	ok(stat(path, &st) == 0, "another's file stays");
	li = listen_at(&p, &e);
	ok(li != NULL, "unless it is to be replaced");
	listener_free(li);

	p.path = "/nonexistent/x";
	p.bind_unlink = false;
	check_unix_error(&p,
			 "unix_listener: cannot bind to path /nonexistent/x: "
			 "No such file or directory",
			 "no such folder");
	free(path);
	path = xasprintf("/%0120d", 0);
	p.path = path;
	ok(listen_at(&p, &e) == NULL &&
	       strstr(e.text, "too long for Unix domain socket") != NULL,
	   "a path that is too long");
	free(path);
}

/* No descriptors left: accepting must pause, not spin, and go on later. */
static void
test_trouble(void)
{
	struct listener_params p = params("127.0.0.1", 0);
	struct rlimit before, limit;
	struct err e = { 0 };
	struct listener *li = listen_at(&p, &e);
	int peer = connect_tcp("127.0.0.1", port_in_use());
	int runs = 0;
	int64_t end;

	getrlimit(RLIMIT_NOFILE, &before);
	limit = before;
	limit.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &limit);
	end = loop_now_ms() + 1300;
	while (loop_now_ms() < end) {
		loop_run_once(loop, 100, &e);
		runs++;
	}
	is_int(troubles, 1, "told once");
	is_int(last_error, EMFILE, "why");
	ok(runs < 30, "no spinning: %d turns", runs);
	setrlimit(RLIMIT_NOFILE, &before);
	is_int(turns(PATIENCE_MS), 1, "accepted when there is room again");
	close(peer);

	peer = connect_tcp("127.0.0.1", port_in_use());
	setrlimit(RLIMIT_NOFILE, &limit);
	loop_run_once(loop, 1000, &e);
	is_int(troubles, 2, "told again, the next time");
	listener_free(li);
	setrlimit(RLIMIT_NOFILE, &before);
	is_int(turns(50), 0, "freed during a pause");
	close(peer);
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");
	struct err e = { 0 };
	char *log_path;

	dir = xasprintf("%s/listener.XXXXXX", tmp ? tmp : "/tmp");
	if (mkdtemp(dir) == NULL)
		abort();
	log_path = xasprintf("%s/log", dir);
	log_set_level(LOG_LEVEL_INFO);
	log_to_file(log_path);
	loop = loop_new(&e);
	if (!ok(loop != NULL, "a loop can be made"))
		return done_testing();
	test_accept();
	test_addresses();
	test_family();
	test_tcp_errors();
	test_unix();
	test_trouble();
	loop_free(loop);
	if (last_fd >= 0)
		close(last_fd);
	unlink(log_path);
	rmdir(dir);
	free(log_path);
	free(dir);
	return done_testing();
}
