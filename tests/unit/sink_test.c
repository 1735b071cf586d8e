#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "net/loop.h"
#include "tap.h"
#include "tunnel/sink.h"

static struct loop *loop;

/* A line of len bytes that all are this one. */
static void
add(struct sink *s, char byte, size_t len)
{
	struct buf line = BUF_INIT;

	memset(buf_room(&line, len), byte, len);
	line.len = len;
	line.data[len - 1] = '\n';
	sink_add(s, &line);
	buf_clear(&line);
}

/* All that can be read there now. */
static struct buf
take(int fd)
{
	struct buf got = BUF_INIT;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	(void)buf_load_fd(&got, fd, 1024 * 1024);
	return got;
}

static void
takes(int fd, const char *want, const char *name)
{
	struct buf got = take(fd);

	is_str(buf_str(&got), want, "%s", name);
	buf_clear(&got);
}

/* With room for one page. */
static void
make_pipe(int fds[2], size_t *ret_room)
{
	int size = PIPE_BUF;

	if (pipe(fds) != 0)
		abort();
#ifdef F_SETPIPE_SZ
	size = fcntl(fds[1], F_SETPIPE_SZ, PIPE_BUF);
#endif
	*ret_room = size > 0 ? (size_t)size : 65536;
}

static void
test_full_pipe(void)
{
	struct err e = { .kind = ERR_NONE };
	struct sink *s;
	struct buf got;
	size_t room;
	int fds[2];

	make_pipe(fds, &room);
	s = sink_new(loop, "Test", "pipe", fds[1], &e);
	ok(s != NULL && (fcntl(fds[1], F_GETFL) & O_NONBLOCK) == 0,
	   "a pipe that others write to still waits for them");
	add(s, 'a', room);
	is_int((long long)sink_dropped(s), 0, "what fits is written");
	add(s, 'b', 2);
	add(s, 'c', 2);
	is_int((long long)sink_dropped(s), 2, "a full pipe drops");
	got = take(fds[0]);
	is_int((long long)got.len, (long long)room, "and has what came before");
	buf_clear(&got);
	add(s, 'd', 2);
	is_int((long long)sink_dropped(s), 0, "it counts anew");
	takes(fds[0], "d\n", "after there is room again");
	sink_free(s);
	close(fds[0]);
	close(fds[1]);
}

/* A line that does not fit at once is finished before another begins. */
static void
test_long_line(void)
{
	struct err e = { .kind = ERR_NONE };
	struct buf all = BUF_INIT;
	struct sink *s;
	size_t room, long_len;
	int fds[2];

	make_pipe(fds, &room);
	long_len = room + room / 2;
	s = sink_new(loop, "Test", "pipe", fds[1], &e);
	add(s, 'a', long_len);
	is_int((long long)sink_dropped(s), 0, "a long line has begun");
	add(s, 'b', 2);
	is_int((long long)sink_dropped(s), 1, "another has to wait, or go");
	close(fds[1]);
	for (int i = 0; i < 10 && all.len < long_len; i++) {
		struct buf got = take(fds[0]);

		buf_add(&all, got.data, got.len);
		buf_clear(&got);
		if (all.len < long_len)
			loop_run_once(loop, 1000, &e);
	}
	is_int((long long)all.len, (long long)long_len,
	       "the rest comes as soon as there is room");
	ok(all.len > 0 && all.data[all.len - 1] == '\n', "with its end");
	sink_finish(s);
	is_int(read(fds[0], &room, 1), 0, "the end is seen once it is meant");
	sink_free(s);
	buf_clear(&all);
	close(fds[0]);
}

static void
test_end(void)
{
	struct err e = { .kind = ERR_NONE };
	struct buf got;
	size_t room;
	int fds[2];
	struct sink *s;

	make_pipe(fds, &room);
	s = sink_new(loop, "Test", "pipe", fds[1], &e);
	close(fds[1]);
	add(s, 'a', room + 2);
	sink_finish(s);
	got = take(fds[0]);
	loop_run_once(loop, 1000, &e);
	is_int((long long)got.len, (long long)room, "the end waits for a line");
	buf_clear(&got);
	takes(fds[0], "a\n", "that is not written yet");
	is_int(read(fds[0], &room, 1), 0, "and comes then");
	sink_free(s);
	close(fds[0]);
}

static void
test_reader_gone(void)
{
	struct err e = { .kind = ERR_NONE };
	size_t room;
	int fds[2];
	struct sink *s;

	make_pipe(fds, &room);
	s = sink_new(loop, "Test", "pipe", fds[1], &e);
	close(fds[0]);
	add(s, 'a', 2);
	add(s, 'b', 2);
	is_int((long long)sink_dropped(s), 2, "who reads no more is not told");
	sink_free(s);
	close(fds[1]);
}

static void
test_socket(void)
{
	struct err e = { .kind = ERR_NONE };
	int fds[2], lines = 0;
	struct sink *s;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		abort();
	s = sink_new(loop, "Test", "socket", fds[1], &e);
	while (sink_dropped(s) == 0 && lines++ < 100000)
		add(s, 'a', 1000);
	ok(lines < 100000, "a full socket drops");
	sink_free(s);
	close(fds[0]);
	close(fds[1]);
}

static void
test_fifo(const char *folder)
{
	struct err e = { .kind = ERR_NONE };
	char *path = xasprintf("%s/fifo", folder);
	struct sink *s;
	int reader;

	if (mkfifo(path, 0600) != 0)
		abort();
	s = sink_new(loop, "Test", path, -1, &e);
	ok(s != NULL, "a FIFO may have no reader yet");
	add(s, 'a', 2);
	is_int((long long)sink_dropped(s), 1, "it is not waited for");
	reader = open(path, O_RDONLY | O_NONBLOCK);
	add(s, 'b', 2);
	takes(reader, "b\n", "it is told from when it comes");
	close(reader);
	add(s, 'c', 2);
	reader = open(path, O_RDONLY | O_NONBLOCK);
	add(s, 'd', 2);
	takes(reader, "d\n", "and so is the next one");
	close(reader);
	sink_free(s);
	unlink(path);
	free(path);
}

static void
is_file(const char *path, const char *want, const char *name)
{
	struct err e = { .kind = ERR_NONE };
	struct buf got = BUF_INIT;

	(void)buf_load_file(&got, path, 1000, &e);
	is_str(buf_str(&got), want, "%s", name);
	buf_clear(&got);
}

static void
test_file(const char *folder)
{
	struct err e = { .kind = ERR_NONE };
	char *path = xasprintf("%s/file", folder);
	char *old = xasprintf("%s/old", folder);
	struct sink *s = sink_new(loop, "Test", path, -1, &e);
	struct stat st = { .st_mode = 0 };

	add(s, 'a', 2);
	stat(path, &st);
	is_int(st.st_mode & 0777, 0600, "a file is its owner's");
	if (rename(path, old) != 0)
		abort();
	add(s, 'b', 2);
	is_file(old, "a\n", "one that is moved away has what came before");
	is_file(path, "b\n", "and another one what comes after");
	sink_free(s);
	s = sink_new(loop, "Test", path, -1, &e);
	add(s, 'c', 2);
	is_file(path, "b\nc\n", "a file is appended to");
	sink_free(s);
	unlink(path);
	unlink(old);
	free(path);
	free(old);
}

static void
test_refused(const char *folder)
{
	struct err e = { .kind = ERR_NONE };
	int fd = open("/dev/null", O_RDONLY);

	ok(sink_new(loop, "Test", folder, -1, &e) == NULL,
	   "a folder is no file");
	is_int(e.kind, ERR_LOCAL, "which is told");
	ok(sink_new(loop, "Test", "in", fd, &e) == NULL,
	   "nor can be written what is open for reading");
	is_str(e.text, "Test in: Bad file descriptor", "which is told, too");
	close(fd);
	ok(sink_new(loop, "Test", "gone", fd, &e) == NULL, "or not open");
}

static void
test_full_disk(void)
{
	struct err e = { .kind = ERR_NONE };
	struct sink *s = sink_new(loop, "Test", "/dev/full", -1, &e);

	if (s == NULL) {
		skip("no /dev/full here");
		return;
	}
	add(s, 'a', 2);
	is_int((long long)sink_dropped(s), 1, "a full disk drops");
	sink_free(s);
}

int
main(void)
{
	struct err e = { .kind = ERR_NONE };
	char folder[] = "/tmp/hawser-sink.XXXXXX";

	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_LEVEL_QUIET);
	loop = loop_new(&e);
	if (loop == NULL || mkdtemp(folder) == NULL)
		abort();
	test_full_pipe();
	test_long_line();
	test_end();
	test_reader_gone();
	test_socket();
	test_fifo(folder);
	test_file(folder);
	test_refused(folder);
	test_full_disk();
	rmdir(folder);
	loop_free(loop);
	return done_testing();
}
