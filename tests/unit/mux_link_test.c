#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd_pass.h"
#include "mux/link.h"
#include "mux/packet.h"
#include "net/loop.h"
#include "tap.h"

#define TURN_MS 5000

static struct loop *loop;
static int wakes;

static void
on_wake(void *arg)
{
	(void)arg;
	wakes++;
}

/* A master's socket, in a directory of its own. */
static int
listen_at(struct sockaddr_un *address, char *dir)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (mkdtemp(dir) == NULL)
		abort();
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(address->sun_path, sizeof(address->sun_path), "%s/c", dir);
	if (bind(fd, (struct sockaddr *)address, sizeof(*address)) != 0 ||
	    listen(fd, 1) != 0)
		abort();
	return fd;
}

static enum step
step(struct mux_link *l)
{
	struct err e = { .kind = ERR_NONE };
	struct mux_packet p;

	return mux_link_step(l, &p, &e);
}

/* The second of two descriptors is none: the master, who waits for it, gets the
 * first and then the end, and what he says of that is heard. */
static void
test_bad_descriptor(int master, const char *path)
{
	struct mux_packet refusal = { .type = MUX_S_FAILURE,
				      .text = (char[]){ "none" } };
	struct buf out = BUF_INIT;
	struct err e = { .kind = ERR_NONE };
	struct mux_link *l = mux_link_new(loop, path, on_wake, NULL, &e);
	const int fds[] = { STDIN_FILENO, -1 };
	struct mux_packet p = { .type = 0 };
	int fd, got = -1;

	mux_link_put_fds(l, fds, 2);
	is_int(step(l), STEP_AGAIN, "nothing is said yet");
	fd = accept(master, NULL, NULL);
	is_int(fd_pass_receive(fd, &got), 0, "the first descriptor comes");
	close(got);
	is_int(fd_pass_receive(fd, &got), EPIPE, "then there is an end");
	mux_packet_put(&out, &refusal);
	if (write(fd, out.data, out.len) < 0)
		abort();
	buf_clear(&out);
	close(fd);
	while (wakes == 0)
		if (loop_run_once(loop, TURN_MS, &e) != 0)
			abort();
	is_int(mux_link_step(l, &p, &e), STEP_DONE, "the answer is heard");
	is_str(p.text, "none", "what it says");
	mux_packet_clear(&p);
	is_int(step(l), STEP_FAIL, "and then nothing more");
	is_int(mux_link_end(l), MUX_LINK_RESET,
	       "not all that we sent was read");
	mux_link_free(l);
}

int
main(void)
{
	struct err e = { .kind = ERR_NONE };
	char dir[] = "/tmp/mux_link_test.XXXXXX";
	struct sockaddr_un address;
	int master = listen_at(&address, dir);

	loop = loop_new(&e);
	test_bad_descriptor(master, address.sun_path);
	loop_free(loop);
	close(master);
	unlink(address.sun_path);
	rmdir(dir);
	return done_testing();
}
