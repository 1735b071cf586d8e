/* The ways to a host: what is written on the stream is heard there, and what
 * comes back is read; or why there is none. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "connect/route.h"
#include "connect/target.h"
#include "net/loop.h"
#include "net/stream.h"
#include "tap.h"

#define PATIENCE_MS 20000
#define US "SSH-2.0-us"
#define HELLO US "\r\n"

static struct loop *loop;

enum peer {
	NOBODY,
	HOLDER, /* of a port on which nobody listens */
	SERVER, /* that says what it hears */
};

static const struct row {
	const char *name;
	const char *argv; /* with a port */
	enum peer peer;
	bool is_late;       /* the caller does not wait at all */
	enum err_kind kind; /* ERR_NONE: there is a way */
	const char *text;   /* with the port */
	int error;          /* which stands behind it, or 0 */
} rows[] = {
	{ "TCP", "-p %d 127.0.0.1", .peer = SERVER },
	{ "TCP, with early data, which the kernel may take",
	  "-o FastOpenTCP=yes -p %d 127.0.0.1", .peer = SERVER },
	{ "TCP, refused", "-p %d 127.0.0.1", .peer = HOLDER,
	  .kind = ERR_CONNECT,
	  .text = "ssh: connect to host 127.0.0.1 port %d: ",
	  .error = ECONNREFUSED },
	{ "TCP, too late", "-p %d 127.0.0.1", .peer = SERVER, .is_late = true,
	  .kind = ERR_TIMEOUT,
	  .text = "ssh: connect to host 127.0.0.1 port %d: ",
	  .error = ETIMEDOUT },
	{ "TCP, too late for the name", "no.such.host.invalid", .is_late = true,
	  .kind = ERR_TIMEOUT,
	  .text = "ssh: Could not resolve hostname no.such.host.invalid: ",
	  .error = ETIMEDOUT },
	{ "TCP, from an address that is not ours",
	  "-b 192.0.2.1 -p %d 127.0.0.1", .peer = SERVER, .kind = ERR_CONNECT,
	  .text = "ssh: connect to host 127.0.0.1 port %d: failure" },
};

/* One end of a row, from its beginning on. */
struct trip {
	struct conf conf;
	struct target target;
	struct route *route;
	struct stream *stream;
	int port, fd; /* of the peer */
	int wakes;
};

static void
count_wake(void *arg)
{
	struct trip *t = arg;

	t->wakes++;
}

static void
turn(void)
{
	struct err e = { .kind = ERR_NONE };

	if (loop_run_once(loop, 100, &e) != 0)
		ok(false, "loop_run_once: %s", e.text);
}

/* The format may come from a row: it has a %d, if anything. */
static char *
with_port(const char *format, int port)
{
	const char *at = strstr(format, "%d");

	if (at == NULL)
		return xstrdup(format);
	return xasprintf("%.*s%d%s", (int)(at - format), format, port, at + 2);
}

static void
begin_peer(struct trip *t, enum peer peer)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);

	t->port = 22;
	t->fd = -1;
	if (peer == NOBODY)
		return;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	t->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(t->fd, (struct sockaddr *)&sin, len) != 0 ||
	    getsockname(t->fd, (struct sockaddr *)&sin, &len) != 0 ||
	    (peer == SERVER && listen(t->fd, 1) != 0))
		abort();
	t->port = ntohs(sin.sin_port);
}

static void
begin_conf(struct trip *t, const char *argv)
{
	struct strv words = STRV_INIT;
	char *line = with_port(argv, t->port);
	struct err e = { .kind = ERR_NONE };

	strv_split(&words, "hawser -F none", " ");
	strv_split(&words, line, " ");
	conf_init(&t->conf);
	if (conf_parse_argv(&t->conf, (int)words.len, words.items, &e) != 0 ||
	    conf_load(&t->conf, &e) != 0 || conf_finish(&t->conf, &e) != 0)
		printf("# %s: %s\n", line, e.text);
	t->target = (struct target){ .conf = &t->conf,
				     .host = t->conf.host_name,
				     .identification = (char *)US };
	strv_clear(&words);
	free(line);
}

static void
end_trip(struct trip *t)
{
	stream_free(t->stream);
	route_free(t->route);
	conf_clear(&t->conf);
	if (t->fd >= 0)
		close(t->fd);
}

static enum step
travel(struct trip *t, struct err *e)
{
	int64_t end = loop_now_ms() + PATIENCE_MS;
	enum step step = route_step(t->route, &t->stream, e);

	while (step == STEP_AGAIN && loop_now_ms() < end) {
		turn();
		step = route_step(t->route, &t->stream, e);
	}
	return step;
}

/* Say what was heard, once it is all there. */
static void
echo(const struct trip *t)
{
	char heard[sizeof(HELLO)] = "";
	int fd = accept(t->fd, NULL, NULL);

	if (recv(fd, heard, sizeof(HELLO) - 1, MSG_WAITALL) < 0 ||
	    send(fd, heard, strlen(heard), MSG_NOSIGNAL) < 0)
		abort();
	close(fd);
}

/* All that is read until the end. */
static char *
read_all(struct trip *t)
{
	int64_t end = loop_now_ms() + PATIENCE_MS;
	struct buf got = BUF_INIT;
	char piece[64];
	ssize_t n;

	do {
		n = stream_read(t->stream, piece, sizeof(piece));
		if (n > 0)
			buf_add(&got, piece, (size_t)n);
		else if (n == -EAGAIN)
			turn();
	} while ((n > 0 || n == -EAGAIN) && loop_now_ms() < end);
	return buf_take_str(&got);
}

static void
check_stream(struct trip *t, const struct row *row)
{
	char *got;

	stream_write(t->stream, HELLO, sizeof(HELLO) - 1);
	is_int(stream_flush(t->stream), 0, "%s: written", row->name);
	echo(t);
	got = read_all(t);
	is_str(got, HELLO, "%s: heard once, and answered", row->name);
	free(got);
	ok(t->wakes > 0, "%s: the owner was woken", row->name);
}

static void
run(const struct row *row)
{
	struct trip t = { .stream = NULL };
	const struct route_owner owner = { .wake = count_wake, .arg = &t };
	struct err e = { .kind = ERR_NONE };
	char *begin = NULL, *text = NULL;

	begin_peer(&t, row->peer);
	begin_conf(&t, row->argv);
	t.route = route_new(loop, &t.target, &owner, &e);
	if (row->is_late)
		route_time_out(t.route, &e);
	else
		is_int(travel(&t, &e),
		       row->kind == ERR_NONE ? STEP_DONE : STEP_FAIL,
		       "%s: where it leads", row->name);
	is_int(e.kind, row->kind, "%s: kind", row->name);
	if (row->text != NULL) {
		begin = with_port(row->text, t.port);
		text = xasprintf("%s%s", begin,
				 row->error != 0 ? strerror(row->error) : "");
		is_str(e.text, text, "%s: words", row->name);
	} else if (t.stream != NULL) {
		check_stream(&t, row);
	}
	free(begin);
	free(text);
	end_trip(&t);
}

int
main(void)
{
	struct err e = { .kind = ERR_NONE };

	loop = loop_new(&e);
	if (loop == NULL)
		abort();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run(&rows[i]);
	loop_free(loop);
	return done_testing();
}
