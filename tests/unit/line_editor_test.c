#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/xalloc.h"
#include "tap.h"
#include "term/line_editor.h"

#define UP "\033[A"
#define DOWN "\033OB"
#define LEFT "\033[D"
#define RIGHT "\033[C"

static int master, slave;

/* The terminal library keeps what it knows about a terminal for ever. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libtinfo\nleak:libncurses\n";
}

static const char *const words[] = {
	"-KD", "-KL", "-KR", "help", "hello", NULL
};

/* In want, "^" is a cancelled line. */
static const struct {
	const char *keys, *want, *rest;
} cases[] = {
	{ "\r", "", "" },
	{ "abc\r", "abc", "" },
	{ "abc\n", "abc", "" },
	{ "abc\rdef", "abc", "def" },
	{ "-L 8080:web:80\r~.", "-L 8080:web:80", "~." },
	{ "abx\177c\r", "abc", "" },
	{ "abx\bc\r", "abc", "" },
	{ "ac" LEFT "b\r", "abc", "" },
	{ "bc\001a\005d\r", "abcd", "" },
	{ "ac" LEFT LEFT RIGHT "b\r", "abc", "" },
	{ "bc\033[1~a\033[4~d\r", "abcd", "" },
	{ "xabc\033OH\033[3~\r", "abc", "" },
	{ "one two\027three\r", "one three", "" },
	{ "wrong\025right\r", "right", "" },
	{ "ab\013\001\013\031\r", "ab", "" },
	{ "one two\033[1;5Dx\r", "one xtwo", "" },
	{ "one two\033bx\r", "one xtwo", "" },
	{ "a\033[200~b\033[201~c\r", "abc", "" },
	{ "a\033[5~\033[99;7u\033OPb\r", "ab", "" },
	{ "a\033[\033Ob\033\033\033[Dc\r", "ca", "" },
	{ "a\033[\r", "a", "" },
	{ "a\026b\030c\033x\033Xd\r", "abcd", "" },
	{ "a\0339999999b\r", "a999999b", "" },
	{ "\303\244\303\244\177o\r", "\303\244o", "" },
	{ "\303\244" LEFT "\303\266\r", "\303\266\303\244", "" },
	{ "a\303b\377c\342\202\r", "abc", "" },
	{ "a\374\234\234\233\234\233b\370\210\200\200\200c\r", "abc", "" },
	{ "\003", "^", "" },
	{ "abc\003def", "^", "def" },
	{ "\004x", "^", "x" },
	{ "ab\177\177\004", "^", "" },
	{ "abc\001\004\r", "bc", "" },
	{ "abc\004\r", "abc", "" },
	{ "a\032\034\021\023b\r", "ab", "" },
	{ "-K\tL\r", "-KL", "" },
	{ "he\tp\r", "help", "" },
	{ "hell\t\r", "hello", "" },
	{ "x hell\t y\r", "x hello y", "" },
	{ "zz\tz\r", "zzz", "" },
	{ "\t\tx\r", "x", "" },
};

#define N_CASES (sizeof(cases) / sizeof(cases[0]))

/* What the terminal got so far. */
static char *
screen(void)
{
	struct buf seen = BUF_INIT;
	struct pollfd p = { .fd = master, .events = POLLIN };

	while (poll(&p, 1, 0) > 0) {
		unsigned char *room = buf_room(&seen, 4096);
		ssize_t n = read(master, room, 4096);

		if (n <= 0)
			break;
		seen.len += (size_t)n;
	}
	return buf_take_str(&seen);
}

static struct line_editor *
new_editor(struct line_history *history)
{
	struct line_editor_params p = { .out_fd = slave,
					.prompt = "ssh> ",
					.words = words,
					.history = history };
	struct err e = { 0 };
	struct line_editor *ed = line_editor_new(&p, &e);

	if (ed == NULL) {
		ok(false, "line_editor_new: %s", e.text);
		exit(done_testing());
	}
	return ed;
}

/* One line; the caller frees the result. *ret_used counts the bytes taken. */
static char *
edit(const char *keys, size_t piece, struct line_history *history,
     size_t *ret_used)
{
	struct line_editor *ed = new_editor(history);
	enum line_state state = LINE_AGAIN;
	size_t len = strlen(keys), done = 0;
	char *line = NULL;

	while (done < len && state == LINE_AGAIN) {
		size_t n = len - done < piece ? len - done : piece;
		size_t used = 0;

		state = line_editor_feed(ed, keys + done, n, &used, &line);
		done += used;
	}
	line_editor_free(ed);
	*ret_used = done;
	if (state == LINE_AGAIN)
		return xstrdup("(no end)");
	return state == LINE_DONE ? line : xstrdup("^");
}

static void
test_keys(void)
{
	for (size_t i = 0; i < N_CASES; i++) {
		for (size_t piece = 1; piece <= 1000; piece *= 1000) {
			size_t used;
			char *line = edit(cases[i].keys, piece, NULL, &used);

			is_str(line, cases[i].want, "case %zu, pieces of %zu",
			       i, piece);
			is_str(cases[i].keys + used, cases[i].rest,
			       "and leaves the rest");
			free(line);
			free(screen());
		}
	}
}

static void
test_history(void)
{
	static const struct {
		const char *keys, *want;
	} lines[] = {
		{ UP "\r", "" },
		{ "first\r", "first" },
		{ "second\r", "second" },
		{ "dropped\003", "^" },
		{ UP "\r", "second" },
		{ UP UP "\r", "first" },
		{ "third\r", "third" },
		{ UP UP DOWN "!\r", "third!" },
		{ UP UP UP UP DOWN DOWN DOWN DOWN "new\r", "new" },
		{ "fi\022\r", "first" },
	};
	struct line_history *history = line_history_new();

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		size_t used;
		char *line = edit(lines[i].keys, 100, history, &used);

		is_str(line, lines[i].want, "history %zu", i);
		free(line);
		free(screen());
	}
	line_history_free(history);
	line_history_free(NULL);
}

/* Does each \n follow a \r? */
static bool
is_raw(const char *text)
{
	for (const char *s = text; *s != '\0'; s++)
		if (*s == '\n' && (s == text || s[-1] != '\r'))
			return false;
	return true;
}

static void
test_screen(void)
{
	struct line_editor *ed = new_editor(NULL);
	char *line = NULL, *seen = screen();
	size_t used;

	is_str(seen, "ssh> ", "the prompt is shown at once");
	free(seen);
	line_editor_feed(ed, "abc", 3, &used, &line);
	seen = screen();
	is_str(seen, "abc", "what is typed appears");
	free(seen);
	line_editor_feed(ed, "\025h\t\t", 4, &used, &line);
	seen = screen();
	ok(strstr(seen, "help  hello") != NULL, "Tab shows the words");
	ok(strstr(seen, "ssh> he") != NULL, "and then the line again");
	ok(is_raw(seen), "each line ends in \\r\\n");
	free(seen);
	is_int(line_editor_feed(ed, "\r", 1, &used, &line), LINE_DONE, "done");
	seen = screen();
	ok(is_raw(seen) && strchr(seen, '\n') != NULL,
	   "Enter begins a new line");
	free(seen);
	free(line);
	line_editor_free(ed);

	ed = new_editor(NULL);
	free(screen());
	line_editor_feed(ed, "\003", 1, &used, &line);
	seen = screen();
	is_str(seen, "\r\n", "so does ^C");
	free(seen);
	line_editor_free(ed);
}

static void
set_columns(unsigned short columns)
{
	struct winsize size = { .ws_row = 24, .ws_col = columns };

	ioctl(master, TIOCSWINSZ, &size);
}

static void
test_size(void)
{
	static const char text[] = "0123456789012345678901234567890123456789";
	struct line_editor *ed;
	char *line = NULL, *seen;
	size_t used;

	set_columns(20);
	ed = new_editor(NULL);
	free(screen());
	line_editor_feed(ed, text, strlen(text), &used, &line);
	seen = screen();
	ok(strstr(seen, text) == NULL, "a long line is wrapped");
	free(seen);
	set_columns(100);
	line_editor_resize(ed);
	seen = screen();
	ok(strstr(seen, text) != NULL, "and redrawn in a wider terminal");
	free(seen);
	line_editor_free(ed);
	set_columns(80);
}

static void
test_bounds(void)
{
	struct buf keys = BUF_INIT;
	char *line;
	size_t used;
	int in;

	/* The terminal's other side must be read while it is written to. */
	in = slave;
	slave = open("/dev/null", O_WRONLY | O_CLOEXEC);
	for (int i = 0; i < 6000; i++)
		buf_add_byte(&keys, 'x');
	buf_add_byte(&keys, '\r');
	line = edit(buf_str(&keys), 10000, NULL, &used);
	is_int((long long)strlen(line), 4096, "a line has an end");
	free(line);
	close(slave);
	slave = in;
	buf_clear(&keys);
}

/* Signals and terminal modes must not be touched. */
static void
test_manners(void)
{
	static const int signals[] = { SIGINT,  SIGTERM, SIGQUIT, SIGHUP,
				       SIGTSTP, SIGCONT, SIGWINCH };
	struct termios before, during, after;
	struct line_editor *ed;
	struct err e = { 0 };
	struct line_editor_params p = { .prompt = "> " };
	bool is_default = true;
	size_t used;
	char *line = NULL;

	memset(&before, 0, sizeof(before));
	memset(&during, 0, sizeof(during));
	memset(&after, 0, sizeof(after));
	tcgetattr(slave, &before);
	ed = new_editor(NULL);
	line_editor_feed(ed, "abc\t" UP, 7, &used, &line);
	tcgetattr(slave, &during);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction action;

		sigaction(signals[i], NULL, &action);
		is_default &= action.sa_handler == SIG_DFL;
	}
	line_editor_free(ed);
	tcgetattr(slave, &after);
	ok(memcmp(&before, &during, sizeof(before)) == 0,
	   "the modes stay while a line is edited");
	ok(memcmp(&before, &after, sizeof(before)) == 0, "and after that");
	ok(is_default, "no signal handler is installed");
	free(screen());

	p.out_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	ed = line_editor_new(&p, &e);
	ok(ed != NULL, "works without a terminal to write to");
	is_int(line_editor_feed(ed, "a\t\r", 3, &used, &line), LINE_DONE,
	       "without words or history");
	is_str(line, "a", "too");
	free(line);
	line_editor_free(ed);
	line_editor_free(NULL);
	close(p.out_fd);
}

int
main(void)
{
	struct termios tio;

	ok(setlocale(LC_ALL, "C.UTF-8") != NULL, "a UTF-8 locale");
	setenv("TERM", "xterm", 1);
	if (openpty(&master, &slave, NULL, NULL, NULL) != 0)
		abort();
	tcgetattr(slave, &tio);
	cfmakeraw(&tio);
	tcsetattr(slave, TCSANOW, &tio);
	set_columns(80);
	test_keys();
	test_history();
	test_screen();
	test_size();
	test_bounds();
	test_manners();
	setenv("TERM", "no-such-terminal", 1);
	test_history();
	unsetenv("TERM");
	test_history();
	close(slave);
	close(master);
	return done_testing();
}
