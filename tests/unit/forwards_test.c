#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/forward_spec.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "fake_engine.h"
#include "forward/forwards.h"
#include "forward/forwards_params.h"
#include "net/loop.h"
#include "tap.h"

static struct session session = { .engine = &fake_engine };
static struct loop *loop;
static char dir[] = "/tmp/forwards_test.XXXXXX";
static struct sockaddr_un place; /* dir/l */

static void
wake(void *arg)
{
	(void)arg;
}

static int
connect_to_place(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (connect(fd, (struct sockaddr *)&place, sizeof(place)) != 0)
		abort();
	return fd;
}

static void
turn(struct forwards *f)
{
	struct err e = { .kind = ERR_NONE };

	for (int i = 0; i < 10; i++) {
		if (loop_run_once(loop, 0, &e) != 0)
			abort();
		forwards_step(f);
	}
}

static void
add(struct forwards *f, enum forward_kind kind, const char *path)
{
	struct forward_spec spec = {
		.listen.path = xstrdup(path),
		.connect.path = xstrdup("/there"),
	};
	struct err e = { .kind = ERR_NONE };

	if (forwards_add(f, kind, &spec, &e) != 0)
		abort();
}

/* Is the connection still open? */
static bool
is_open(int fd)
{
	char byte;

	return recv(fd, &byte, 1, 0) < 0 && errno == EAGAIN;
}

static void
test_outliving(void)
{
	const struct forwards_params params = {
		.loop = loop,
		.wake = wake,
		.hold_ms = 60000,
	};
	struct forwards *f = forwards_new(&params);
	struct fake_channel first = { 0 }, second = { 0 };
	struct buf list = BUF_INIT;
	int a, b;

	add(f, FORWARD_LOCAL, place.sun_path);
	add(f, FORWARD_REMOTE, "/listen");
	a = connect_to_place();
	turn(f);
	is_int(fake.opened + fake.asked, 0, "without a session, all wait");
	ok(is_open(a), "also who connects");
	fake.open = &first;
	forwards_attach(f, &session);
	turn(f);
	is_int(fake.asked, 1, "then the server is asked to listen");
	is_int((long long)forwards_open(f), 1, "and who waits is let in");
	forwards_detach(f);
	ok(!is_open(a) && first.channel == NULL && forwards_open(f) == 0,
	   "what is open ends with the session");
	is_int(fake.cancelled, 1, "and so does what the server listens on");
	b = connect_to_place();
	turn(f);
	ok(is_open(b), "who connects then waits");
	fake.open = &second;
	forwards_attach(f, &session);
	turn(f);
	is_int(fake.opened, 2, "for the next one");
	is_int(fake.asked, 2, "whose server is asked again");
	forwards_list(f, &list);
	ok(strstr(buf_str(&list), "1 open, 2 in all") != NULL,
	   "and the counting goes on");
	forwards_stop_listening(f);
	forwards_detach(f);
	forwards_attach(f, &session);
	is_int(fake.asked, 2, "what was stopped is not asked for again");
	forwards_free(f);
	fake_channel_clear(&first);
	fake_channel_clear(&second);
	buf_clear(&list);
	close(a);
	close(b);
}

/* Nothing of b was carried when the session ended. */
static void
test_putting_back(void)
{
	const struct forwards_params params = {
		.loop = loop,
		.wake = wake,
		.hold_ms = 60000,
	};
	struct forwards *f = forwards_new(&params);
	struct fake_channel first = { 0 }, second = { 0 };
	struct buf list = BUF_INIT;
	int a;

	forwards_attach(f, &session);
	add(f, FORWARD_LOCAL, place.sun_path);
	a = connect_to_place();
	fake.open = &first;
	fake.dawdles = true;
	turn(f);
	is_int((long long)forwards_open(f), 1, "one is being opened");
	fake.dawdles = false;
	forwards_detach(f);
	ok(is_open(a) && forwards_open(f) == 0,
	   "without the session it waits again");
	fake.open = &second;
	forwards_attach(f, &session);
	turn(f);
	forwards_list(f, &list);
	ok(strstr(buf_str(&list), "1 open, 1 in all") != NULL,
	   "for the next one, and is counted once");
	forwards_free(f);
	fake_channel_clear(&first);
	fake_channel_clear(&second);
	buf_clear(&list);
	close(a);
}

int
main(void)
{
	struct err e = { .kind = ERR_NONE };

	log_set_level(LOG_LEVEL_QUIET);
	loop = loop_new(&e);
	if (loop == NULL || mkdtemp(dir) == NULL)
		abort();
	place.sun_family = AF_UNIX;
	snprintf(place.sun_path, sizeof(place.sun_path), "%s/l", dir);
	test_outliving();
	test_putting_back();
	rmdir(dir);
	loop_free(loop);
	return done_testing();
}
