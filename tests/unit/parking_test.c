#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "forward/parking.h"
#include "net/loop.h"
#include "tap.h"

static struct loop *loop;
static char owners[] = "ab";

/* Both ends of those who came: ours are parked. */
static int theirs[PARKING_MAX + 8], ours[PARKING_MAX + 8];
static int order[PARKING_MAX + 8], n_in; /* who was let in */

static void
come(struct parking *p, int i, void *owner)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0)
		abort();
	theirs[i] = pair[0];
	ours[i] = pair[1];
	parking_add(p, owner, pair[1]);
}

static void
admit(void *owner, int fd)
{
	int i = 0;

	(void)owner;
	while (ours[i] != fd || theirs[i] < 0)
		i++;
	order[n_in++] = i;
	close(fd);
}

static bool
is_open(int i)
{
	char byte;

	return recv(theirs[i], &byte, 1, 0) < 0 && errno == EAGAIN;
}

static void
leave(int i)
{
	close(theirs[i]);
	theirs[i] = -1;
}

static void
run(int ms)
{
	int64_t end_ms = loop_now_ms() + ms;
	struct err e = { .kind = ERR_NONE };

	do {
		if (loop_run_once(loop, 10, &e) != 0)
			abort();
	} while (loop_now_ms() < end_ms);
}

static void
let_in(struct parking *p)
{
	n_in = 0;
	parking_let_in(p, admit);
}

static void
test_order(void)
{
	struct parking *p = parking_new(loop, 60000);

	for (int i = 0; i < 5; i++)
		come(p, i, &owners[i % 2]);
	leave(1);
	let_in(p);
	ok(n_in == 4 && order[0] == 0 && order[1] == 2 && order[3] == 4,
	   "who waits is let in, in order; who has left is not");
	for (int i = 0; i < 3; i++)
		come(p, i, &owners[i % 2]);
	parking_forget(p, &owners[0]);
	ok(!is_open(0) && !is_open(2) && is_open(1),
	   "one owner's are refused, the other's stay");
	parking_put_back(p, &owners[0], dup(ours[1]));
	let_in(p);
	is_int(n_in, 2, "who is put back waits, too");
	come(p, 0, owners);
	parking_free(p);
	ok(!is_open(0), "in the end all are refused");
}

static void
test_time(void)
{
	struct parking *p = parking_new(loop, 50);

	come(p, 0, owners);
	ok(is_open(0), "there is time");
	while (is_open(0))
		run(10);
	let_in(p);
	is_int(n_in, 0, "and when it is over, who waits is refused");
	parking_free(p);
	p = parking_new(loop, 0);
	come(p, 0, owners);
	ok(!is_open(0), "no time, no waiting");
	parking_free(p);
}

static void
test_room(void)
{
	struct parking *p = parking_new(loop, 60000);
	int i;

	for (i = 0; i < PARKING_MAX; i++)
		come(p, i, owners);
	come(p, i, owners);
	ok(!is_open(i), "one more than there is room for is refused");
	if (!HAVE_DECL_POLLRDHUP) {
		skip("the system does not tell who writes no more");
		parking_free(p);
		return;
	}
	shutdown(theirs[5], SHUT_WR);
	come(p, ++i, owners);
	ok(is_open(i) && !is_open(5), "not if one writes no more");
	leave(6);
	come(p, ++i, owners);
	ok(is_open(i) && is_open(7), "or has gone");
	shutdown(theirs[9], SHUT_WR);
	let_in(p);
	ok(n_in == PARKING_MAX && order[6] == 8 && order[7] == 9 &&
	       order[PARKING_MAX - 1] == i,
	   "with room, who only listens is let in like all others");
	parking_free(p);
}

int
main(void)
{
	struct err e = { .kind = ERR_NONE };

	log_set_level(LOG_LEVEL_QUIET);
	loop = loop_new(&e);
	if (loop == NULL)
		abort();
	test_order();
	test_time();
	test_room();
	loop_free(loop);
	return done_testing();
}
