#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "net/inherited.h"
#include "net/listener.h"
#include "net/loop.h"
#include "tap.h"

#define PATIENCE_MS 10000

static struct loop *loop;
static int accepted;

static void
on_accepted(void *arg, int fd)
{
	(void)arg;
	accepted++;
	close(fd);
}

/* Returns how many connections came. */
static int
turn(void)
{
	struct err e = { 0 };
	int before = accepted;

	if (loop_run_once(loop, PATIENCE_MS, &e) != 0)
		ok(false, "loop_run_once: %s", e.text);
	return accepted - before;
}

static int
connect_to(int family, int port, const char *path)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons((in_port_t)port) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (path != NULL)
		snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	rc = path == NULL ? connect(fd, (struct sockaddr *)&in, sizeof(in))
			  : connect(fd, (struct sockaddr *)&un, sizeof(un));
	if (rc != 0)
		ok(false, "connect");
	return fd;
}

/* Returns the port of a new listening socket that becomes descriptor 3, and a
 * Unix socket becomes descriptor 4. */
static int
pass_sockets(const char *path)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(in);
	int one = socket(AF_INET, SOCK_STREAM, 0), two;

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(one, (struct sockaddr *)&in, sizeof(in)) != 0 ||
	    listen(one, 5) != 0 ||
	    getsockname(one, (struct sockaddr *)&in, &len) != 0)
		abort();
	dup2(one, 3);
	two = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	if (bind(two, (struct sockaddr *)&un, sizeof(un)) != 0 ||
	    listen(two, 5) != 0)
		abort();
	dup2(two, 4);
	return ntohs(in.sin_port);
}

static void
set_environment(pid_t pid, const char *count)
{
	char *text = xasprintf("%d", (int)pid);

	setenv("LISTEN_PID", text, 1);
	setenv("LISTEN_FDS", count, 1);
	setenv("LISTEN_FDNAMES", "a:b", 1);
	free(text);
}

static void
check_taken(const char *path, int port, struct inherited *in)
{
	struct listener_params p = { .port = port, .accepted = on_accepted };
	struct listener *tcp, *un;
	struct err e = { 0 };
	int peer;

	p.inherited = in;
	tcp = listener_new(loop, &p);
	if (listener_step(tcp, &e) != STEP_DONE)
		abort();
	ok(tcp != NULL, "a port is taken");
	peer = connect_to(AF_INET, port, NULL);
	is_int(turn(), 1, "and accepts");
	close(peer);
	p.path = path;
	un = listener_new(loop, &p);
	if (listener_step(un, &e) != STEP_DONE)
		abort();
	ok(un != NULL, "a path is taken");
	peer = connect_to(AF_UNIX, 0, path);
	is_int(turn(), 1, "and accepts");
	close(peer);
	listener_free(tcp);
	listener_free(un);
	ok(access(path, F_OK) == 0, "an inherited path is not removed");
}

static void
test_inherited(const char *path, int port, struct inherited *in)
{
	struct inherited *other;

	ok(in != NULL, "sockets were inherited");
	ok(getenv("LISTEN_PID") == NULL && getenv("LISTEN_FDS") == NULL &&
	       getenv("LISTEN_FDNAMES") == NULL,
	   "the variables are gone");
	ok((fcntl(3, F_GETFD) & FD_CLOEXEC) != 0 &&
	       (fcntl(4, F_GETFL) & O_NONBLOCK) != 0,
	   "flags are set");
	is_int(inherited_take(in, port + 1, NULL), -1, "none on this port");
	is_int(inherited_take(in, 0, "/nonexistent/x"), -1, "nor here");
	check_taken(path, port, in);
	inherited_free(in);
	inherited_free(NULL);
	ok(inherited_new() == NULL, "nothing without the variables");
	set_environment(getpid() + 1, "1");
	ok(inherited_new() == NULL, "nothing that is for others");
	set_environment(getpid(), "0x7");
	ok(inherited_new() == NULL, "nothing with a strange number");
	set_environment(getpid(), "1");
	if (dup2(STDOUT_FILENO, 3) != 3)
		abort();
	other = inherited_new();
	ok(fcntl(3, F_GETFD) < 0, "what does not listen is closed");
	ok(other != NULL && inherited_take(other, port, NULL) == -1,
	   "nothing that does not listen");
	inherited_free(other);
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = xasprintf("%s/inherited.XXXXXX", tmp ? tmp : "/tmp");
	char *path;
	struct inherited *in;
	struct err e = { 0 };
	int port;

	if (mkdtemp(dir) == NULL)
		abort();
	path = xasprintf("%s/sock", dir);
	port = pass_sockets(path);
	set_environment(getpid(), "2");
	in = inherited_new();
	loop = loop_new(&e);
	if (!ok(loop != NULL, "a loop can be made"))
		return done_testing();
	test_inherited(path, port, in);
	loop_free(loop);
	unlink(path);
	rmdir(dir);
	free(path);
	free(dir);
	return done_testing();
}
