#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "net/dial.h"
#include "net/loop.h"
#include "tap.h"

#define PATIENCE_MS 20000

static struct loop *loop;
static char *log_path;

/*
 * The name two.families has an IPv4 and an IPv6 address, in this order, on
 * every machine: these two take the place of the C library's.
 */
static struct {
	struct sockaddr_in sin;
	struct sockaddr_in6 sin6;
	struct addrinfo list[2];
} both;

int
getaddrinfo(const char *restrict name, const char *restrict service,
	    const struct addrinfo *restrict hints,
	    struct addrinfo **restrict ret_list)
{
	int (*real)(const char *, const char *, const struct addrinfo *,
		    struct addrinfo **);
	uint16_t port;

	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (name == NULL || strcmp(name, "two.families") != 0)
		return real(name, service, hints, ret_list);
	port = htons((uint16_t)strtol(service, NULL, 10));
	both.sin.sin_family = AF_INET;
	both.sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	both.sin6.sin6_family = AF_INET6;
	both.sin6.sin6_addr = in6addr_loopback;
	both.sin.sin_port = both.sin6.sin6_port = port;
	both.list[0].ai_family = AF_INET;
	both.list[0].ai_addr = (struct sockaddr *)&both.sin;
	both.list[0].ai_addrlen = sizeof(both.sin);
	both.list[0].ai_next = &both.list[1];
	both.list[1].ai_family = AF_INET6;
	both.list[1].ai_addr = (struct sockaddr *)&both.sin6;
	both.list[1].ai_addrlen = sizeof(both.sin6);
	both.list[0].ai_socktype = both.list[1].ai_socktype = SOCK_STREAM;
	*ret_list = &both.list[0];
	return 0;
}

void
freeaddrinfo(struct addrinfo *list)
{
	void (*real)(struct addrinfo *);

	*(void **)&real = dlsym(RTLD_NEXT, "freeaddrinfo");
	if (list != &both.list[0])
		real(list);
}

struct result {
	enum step step;
	int fd;
	size_t early_sent;
	struct err e;
	bool is_woken;
	int64_t ms;
	char log[4096];
};

static void
set_true(void *arg)
{
	*(bool *)arg = true;
}

static void
read_log(struct result *r)
{
	FILE *in = fopen(log_path, "re");
	size_t len = in != NULL ? fread(r->log, 1, sizeof(r->log) - 1, in) : 0;

	r->log[len] = '\0';
	if (in != NULL)
		fclose(in);
}

static void
dial(const struct dial_params *p, struct result *r)
{
	int64_t start = loop_now_ms();
	struct dial *d;

	memset(r, 0, sizeof(*r));
	r->fd = -1;
	r->step = STEP_FAIL;
	if (truncate(log_path, 0) != 0)
		abort();
	d = dial_new(loop, p, set_true, &r->is_woken);
	r->step = STEP_AGAIN;
	while (!r->is_woken && loop_now_ms() - start < PATIENCE_MS)
		loop_run_once(loop, 100, &r->e);
	r->step = dial_step(d, &r->fd, &r->e);
	if (r->step == STEP_DONE)
		r->early_sent = dial_early_sent(d);
	dial_free(d);
	r->ms = loop_now_ms() - start;
	read_log(r);
}

static struct dial_params
params(const char *host, int port)
{
	struct dial_params p = { .purpose = DIAL_SERVER,
				 .host = host,
				 .port = port,
				 .family = AF_UNSPEC,
				 .attempts = 1 };

	return p;
}

/* A listener on the loopback address of a family; -1 if there is none. */
static int
listen_on(int family, int port, int backlog, int *ret_port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6,
				     .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	void *sa = family == AF_INET ? (void *)&sin : (void *)&sin6;
	socklen_t len = family == AF_INET ? sizeof(sin) : sizeof(sin6);
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = sin6.sin6_port = htons((uint16_t)port);
	if (fd < 0 || bind(fd, sa, len) != 0 || listen(fd, backlog) != 0 ||
	    getsockname(fd, sa, &len) != 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*ret_port = ntohs(family == AF_INET ? sin.sin_port : sin6.sin6_port);
	return fd;
}

/* A port where nobody listens: bound, so that nobody else takes it. */
static int
refuse_on(int *ret_port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&sin, len) != 0 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) != 0)
		abort();
	*ret_port = ntohs(sin.sin_port);
	return fd;
}

static int
family(int fd)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	getpeername(fd, (struct sockaddr *)&ss, &len);
	return ss.ss_family;
}

static int
option(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	getsockopt(fd, level, name, &value, &len);
	return value;
}

static void
test_connect(void)
{
	struct result r;
	struct dial_params p;
	int port, listener = listen_on(AF_INET, 0, 8, &port);
	char want[256];

	p = params("127.0.0.1", port);
	p.tcp_keepalive = true;
	p.dscp = 0x48;
	dial(&p, &r);
	is_int(r.step, STEP_DONE, "connects to a listener");
	ok(r.is_woken, "and wakes the owner");
	is_int(family(r.fd), AF_INET, "over IPv4");
	ok(option(r.fd, IPPROTO_TCP, TCP_NODELAY) > 0, "TCP_NODELAY");
	ok(option(r.fd, SOL_SOCKET, SO_KEEPALIVE) > 0, "SO_KEEPALIVE");
	is_int(option(r.fd, IPPROTO_IP, IP_TOS), 0x48, "IP_TOS");
	is_int(option(r.fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 0,
	       "no TCP_USER_TIMEOUT: an outage is the user's to judge");
	ok((fcntl(r.fd, F_GETFL) & O_NONBLOCK) != 0, "non-blocking");
	ok((fcntl(r.fd, F_GETFD) & FD_CLOEXEC) != 0, "close-on-exec");
	snprintf(want, sizeof(want),
		 "debug1: Connecting to 127.0.0.1 [127.0.0.1] port %d.\r\n"
		 "debug1: Connection established.\r\n",
		 port);
	is_str(r.log, want, "logs what ssh logs");
	close(r.fd);

	p = params("127.0.0.1", port);
	p.early_data = "data";
	dial(&p, &r);
	is_int(r.step, STEP_DONE, "connects with early data");
	ok(r.early_sent == 0 || r.early_sent == 4, "which the kernel may take");
	is_int(option(r.fd, SOL_SOCKET, SO_KEEPALIVE), 0, "no SO_KEEPALIVE");
	is_int(option(r.fd, IPPROTO_IP, IP_TOS), 0, "no IP_TOS");
	close(r.fd);
	close(listener);
}

static void
test_refused(void)
{
	struct result r;
	struct dial_params p;
	int port, holder = refuse_on(&port);
	char want[256];

	p = params("127.0.0.1", port);
	dial(&p, &r);
	is_int(r.step, STEP_FAIL, "a refused connection is a failure");
	ok(r.is_woken, "that wakes the owner");
	is_int(r.e.kind, ERR_CONNECT, "of its kind");
	snprintf(want, sizeof(want),
		 "ssh: connect to host 127.0.0.1 port %d: Connection refused",
		 port);
	is_str(r.e.text, want, "with ssh's text");
	snprintf(want, sizeof(want),
		 "debug1: Connecting to 127.0.0.1 [127.0.0.1] port %d.\r\n"
		 "debug1: connect to address 127.0.0.1 port %d: "
		 "Connection refused\r\n",
		 port, port);
	is_str(r.log, want, "and ssh's log");

	p.attempts = 2;
	dial(&p, &r);
	is_int(r.step, STEP_FAIL, "a second attempt fails too");
	ok(strstr(r.log, "debug1: Trying again...\r\n") != NULL,
	   "after a line in the log");
	ok(r.ms >= 900, "and a second");
	close(holder);
}

/* Late, but in time for the second attempt. */
static void
test_second_attempt(void)
{
	struct result r = { 0 };
	struct dial_params p;
	struct dial *d;
	int port, holder = refuse_on(&port);
	int64_t end = loop_now_ms() + PATIENCE_MS;

	p = params("127.0.0.1", port);
	p.attempts = 3;
	d = dial_new(loop, &p, set_true, &r.is_woken);
	loop_run_once(loop, 100, &r.e);
	is_int(dial_step(d, &r.fd, &r.e), STEP_AGAIN, "first round refused");
	if (listen(holder, 1) != 0)
		abort();
	while (!r.is_woken && loop_now_ms() < end)
		loop_run_once(loop, 100, &r.e);
	is_int(dial_step(d, &r.fd, &r.e), STEP_DONE, "second one connects");
	dial_free(d);
	close(r.fd);
	close(holder);
}

static void
test_resolve(void)
{
	struct result r;
	struct dial_params p = params("no.such.host.invalid", 22);

	dial(&p, &r);
	is_int(r.e.kind, ERR_RESOLVE, "an unknown name cannot be resolved");
	ok(strncmp(r.e.text,
		   "ssh: Could not resolve hostname no.such.host.invalid: ",
		   54) == 0,
	   "with ssh's text: %s", r.e.text);
	p = params("::1", 22);
	p.family = AF_INET;
	dial(&p, &r);
	ok(strncmp(r.e.text, "ssh: Could not resolve hostname ::1: ", 37) == 0,
	   "an IPv6 address is no IPv4 address: %s", r.e.text);
	is_int(r.e.kind, ERR_CONF, "which no name server changes");
}

static void
test_bind(void)
{
	static const struct {
		const char *address, *interface, *log;
	} cases[] = {
		/* and the C library's words */
		{ "192.0.2.1", NULL, "bind 192.0.2.1: " },
		{ "::1", NULL, "getaddrinfo: ::1: " },
		{ NULL, "nope0",
		  "getifaddrs: nope0: no suitable addresses\r\n" },
		{ "127.0.0.1", NULL, "bound to 127.0.0.1\r\n" },
		{ "two.families", NULL, "bound to 127.0.0.1\r\n" },
		{ "no.such.host.invalid", NULL,
		  "getaddrinfo: no.such.host.invalid: " },
		{ NULL, "lo", "bound to 127.0.0.1\r\n" },
	};
	int port, listener = listen_on(AF_INET, 0, 8, &port);
	char want[256];

	snprintf(want, sizeof(want),
		 "ssh: connect to host 127.0.0.1 port %d: failure", port);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool is_good = strncmp(cases[i].log, "bound", 5) == 0;
		const char *name = cases[i].address != NULL
				       ? cases[i].address
				       : cases[i].interface;
		struct dial_params p = params("127.0.0.1", port);
		struct result r;

		p.bind_address = cases[i].address;
		p.bind_interface = cases[i].interface;
		dial(&p, &r);
		is_int(r.step, is_good ? STEP_DONE : STEP_FAIL, "bind to %s",
		       name);
		ok(strstr(r.log, cases[i].log) != NULL, "logged for %s", name);
		is_str(r.e.text, is_good ? "" : want, "error for %s", name);
		if (r.fd >= 0)
			close(r.fd);
	}
	close(listener);
}

static void
test_two_families(void)
{
	struct result r;
	struct dial_params p;
	int port, port6, v4 = listen_on(AF_INET, 0, 8, &port), v6;

	p = params("two.families", port);
	dial(&p, &r);
	is_int(r.step, STEP_DONE, "IPv4 connects where IPv6 is refused");
	is_int(family(r.fd), AF_INET, "to its address");
	ok(strstr(r.log, "connect to address ::1 port") != NULL,
	   "IPv6 was tried");
	close(r.fd);
	v6 = listen_on(AF_INET6, port, 8, &port6);
	if (v6 < 0) {
		skip("no IPv6 on loopback");
		close(v4);
		return;
	}
	dial(&p, &r);
	is_int(family(r.fd), AF_INET6, "IPv6 is the first choice");
	close(r.fd);
	close(v4);
	close(v6);
}

/* A scope id makes the address of an interface usable. */
static void
test_scope(void)
{
	char host[32];
	struct result r;
	struct dial_params p;
	int port, v6 = listen_on(AF_INET6, 0, 8, &port);

	if (v6 < 0) {
		skip("no IPv6 on loopback");
		return;
	}
	snprintf(host, sizeof(host), "::1%%%u", if_nametoindex("lo"));
	p = params(host, port);
	dial(&p, &r);
	is_int(r.step, STEP_DONE, "an address with a scope connects: %s",
	       r.e.text);
	if (r.fd >= 0)
		close(r.fd);
	close(v6);
}

/* Fill a listener's backlog, so that connecting to it gets no answer. */
static size_t
fill_backlog(int port, int *fds, size_t max)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6,
				     .sin6_port = htons((uint16_t)port),
				     .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	size_t n;

	for (n = 0; n < max; n++) {
		fds[n] = socket(AF_INET6,
				SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		connect(fds[n], (struct sockaddr *)&sin6, sizeof(sin6));
	}
	return n;
}

static void
test_stagger(void)
{
	struct result r;
	struct dial_params p;
	int port, port4, fds[4], v6 = listen_on(AF_INET6, 0, 0, &port), v4;
	size_t n;

	v4 = v6 >= 0 ? listen_on(AF_INET, port, 8, &port4) : -1;
	if (v4 < 0) {
		skip("no IPv6 on loopback");
		return;
	}
	n = fill_backlog(port, fds, 4);
	p = params("two.families", port);
	dial(&p, &r);
	is_int(family(r.fd), AF_INET, "IPv4 overtakes an IPv6 that is silent");
	ok(r.ms >= 240, "after a quarter of a second");
	ok(strstr(r.log, "connect to address ::1") == NULL,
	   "IPv6 has not failed");
	close(r.fd);
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
	close(v4);
	close(v6);
}

/* Stopping in the middle leaves nothing behind. */
static void
test_abandon(void)
{
	bool is_woken = false;
	int port, listener = listen_on(AF_INET, 0, 8, &port);
	struct dial_params p = params("127.0.0.1", port);
	struct dial *d = dial_new(loop, &p, set_true, &is_woken);

	dial_free(d);
	dial_free(NULL);
	ok(!is_woken, "an abandoned dial is silent");
	close(listener);
}

int
main(void)
{
	const char *dir = getenv("TMPDIR");
	struct err e = { 0 };
	int fd;

	log_path = xasprintf("%s/dial_test.XXXXXX", dir ? dir : "/tmp");
	fd = mkstemp(log_path);
	loop = loop_new(&e);
	if (!ok(loop != NULL && fd >= 0 && log_to_file(log_path) == 0,
		"a loop and a log can be made"))
		return done_testing();
	close(fd);
	log_set_level(LOG_LEVEL_DEBUG1);
	test_connect();
	test_refused();
	test_second_attempt();
	test_resolve();
	test_bind();
	test_two_families();
	test_scope();
	test_stagger();
	test_abandon();
	loop_free(loop);
	unlink(log_path);
	free(log_path);
	return done_testing();
}
