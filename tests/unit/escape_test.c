#include <stdlib.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "tap.h"
#include "term/escape.h"

/* In out, a command is <its print>. */
static const struct {
	int key;
	const char *in, *out;
} cases[] = {
	{ '~', "ls\r", "ls\r" },
	{ '~', "~.", "<~.>" },
	{ '~', "~Bx", "<~B>x" },
	{ '~', "~C~I~R", "<~C><~I><~R>" },
	{ '~', "~v~V", "<~v><~V>" },
	{ '~', "~\032~&~#~?", "<~^Z><~&><~#><~?>" },
	{ '~', "a~.", "a~." },
	{ '~', "a\r~.", "a\r<~.>" },
	{ '~', "a\n~.", "a\n<~.>" },
	{ '~', "a\r\n~.", "a\r\n<~.>" },
	{ '~', "~~.", "~." },
	{ '~', "~~\r~.", "~\r<~.>" },
	{ '~', "~~~.", "~~." },
	{ '~', "~x~.", "~x~." },
	{ '~', "~\r~.", "~\r<~.>" },
	{ '~', "~\n~?", "~\n<~?>" },
	{ '~', "~?~?a~?", "<~?><~?>a~?" },
	{ '~', "\b~.", "\b~." },
	{ '~', "~", "" },
	{ '~', "~b~c~z", "~b~c~z" },
	{ '~', "~ ~.", "~ ~." },
	{ 1, "\001.", "<^A.>" },
	{ 1, "\001\001.", "\001." },
	{ 1, "~.", "~." },
	{ '.', "..", "<..>" },
	{ '.', ".x", ".x" },
	{ 0x7f, "\177.", "<^?.>" },
	{ 0xff, "\377.", "<\377.>" },
	{ ESCAPE_DISABLED, "~.\r~.", "~.\r~." },
	{ -2, "~.", "~." },
	{ 256, "~.", "~." },
};

#define N_CASES (sizeof(cases) / sizeof(cases[0]))

static char *
feed(struct escape *e, const char *in, size_t piece)
{
	struct buf out = BUF_INIT;
	size_t len = strlen(in);

	for (size_t done = 0; done < len;) {
		size_t n = len - done < piece ? len - done : piece;
		size_t used = 0;
		enum escape_action action =
		    escape_feed(e, in + done, n, &out, &used);

		done += used;
		if (action == ESCAPE_NONE)
			continue;
		buf_add_byte(&out, '<');
		escape_print(e, action, &out);
		buf_add_byte(&out, '>');
	}
	return buf_take_str(&out);
}

static void
test_cases(void)
{
	for (size_t i = 0; i < N_CASES; i++) {
		for (size_t piece = 1; piece <= 100; piece *= 10) {
			struct escape e;
			char *out;

			escape_init(&e, cases[i].key);
			out = feed(&e, cases[i].in, piece);
			is_str(out, cases[i].out, "case %zu, pieces of %zu", i,
			       piece);
			free(out);
		}
	}
}

static void
test_binary(void)
{
	static const char in[] = "a\0b\r~\0";
	struct buf out = BUF_INIT;
	struct escape e;
	size_t used = 0;

	escape_init(&e, '~');
	is_int(escape_feed(&e, in, sizeof(in) - 1, &out, &used), ESCAPE_NONE,
	       "NUL bytes are ordinary");
	is_int((long long)used, sizeof(in) - 1, "all of it taken");
	ok(out.len == sizeof(in) - 1 && memcmp(out.data, in, out.len) == 0,
	   "and passed on");
	is_int(escape_feed(&e, NULL, 0, &out, &used), ESCAPE_NONE,
	       "nothing may be fed");
	buf_clear(&out);
}

/* What ssh 9.2 prints, and the one line that it does not have. */
#define HEAD "?\r\nSupported escape sequences:\r\n"
#define TAIL                                                                   \
	"(Note that escapes are only recognized immediately after "            \
	"newline.)\r\n"
static const char help[] =
    "~" HEAD " ~.   - terminate connection (and any multiplexed sessions)\r\n"
    " ~B   - send a BREAK to the remote system (not possible)\r\n"
    " ~I   - show information about the connection\r\n"
    " ~R   - request rekey (not possible)\r\n"
    " ~V/v - decrease/increase verbosity (LogLevel)\r\n"
    " ~^Z  - suspend ssh\r\n"
    " ~#   - list forwarded connections\r\n"
    " ~&   - background ssh (when waiting for connections to terminate)\r\n"
    " ~?   - this message\r\n"
    " ~~   - send the escape character by typing it twice\r\n" TAIL;
static const char control_help[] =
    "^A" HEAD " ^AC   - open a command line\r\n"
    " ^A^A   - send the escape character by typing it twice\r\n" TAIL;

static void
test_help(void)
{
	struct buf out = BUF_INIT;
	struct escape e;

	escape_init(&e, '~');
	escape_help(&e, ESCAPE_BIT(ESCAPE_COMMANDLINE),
		    ESCAPE_BIT(ESCAPE_BREAK) | ESCAPE_BIT(ESCAPE_REKEY), &out);
	is_str(buf_str(&out), help, "the help text");
	buf_reset(&out);
	escape_init(&e, 1);
	escape_help(&e, ~ESCAPE_BIT(ESCAPE_COMMANDLINE), 0, &out);
	is_str(buf_str(&out), control_help, "with a control key");
	buf_clear(&out);
}

int
main(void)
{
	test_cases();
	test_binary();
	test_help();
	return done_testing();
}
