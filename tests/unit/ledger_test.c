#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "tap.h"
#include "term/ledger.h"

#define ROWS 24

/* In inputs and undos E is the escape character, to make them readable;
 * whatever has a real E in it is not needed here. */
static const struct {
	const char *name, *input, *undo;
} cases[] = {
	{ "nothing", "", "" },
	{ "text", "hello, world\r\n\tand \xc3\xa9\xe2\x82\xac\n", "" },
	{ "what leaves nothing on",
	  "E[2JE[H\aE[10;20HE[KE[5nE[cE7E8EME#8E]0;t\aE[6nE[?25$pE[?u", "" },

	/* Modes. */
	{ "application cursor keys", "E[?1h", "E[?1l" },
	{ "reverse screen", "E[?5h", "E[?5l" },
	{ "no wrap", "E[?7l", "E[?7h" },
	{ "wrap, as usual", "E[?7h", "" },
	{ "no cursor", "E[?25l", "E[?25h" },
	{ "the cursor is back", "E[?25lxE[?25h", "" },
	{ "X10 mouse", "E[?9h", "E[?9l" },
	{ "mouse in one sequence", "E[?1000;1002;1006h",
	  "E[?1000lE[?1002lE[?1006l" },
	{ "mouse off in another order", "E[?1003;1006;1015hE[?1015;1003l",
	  "E[?1006l" },
	{ "mouse encodings", "E[?1005hE[?1016h", "E[?1005lE[?1016l" },
	{ "focus and paste", "E[?2004hE[?1004h", "E[?1004lE[?2004l" },
	{ "paste, as a shell does it", "E[?2004h$ lsE[?2004l\r\n", "" },
	{ "reports that Windows and editors ask for",
	  "E[?9001hE[?2048hE[?2031h", "E[?2031lE[?2048lE[?9001l" },
	{ "synchronized output ends last", "E[?2026hE[?25l", "E[?25hE[?2026l" },
	{ "insert mode", "E[4h", "E[4l" },
	{ "not insert but jump scroll", "E[?4h", "" },
	{ "keyboard locked, local echo, newline mode", "E[2hE[12lE[20h",
	  "E[2lE[12hE[20l" },
	{ "keypad", "E=", "E>" },
	{ "keypad and back", "E=E>", "" },
	{ "keypad as a mode", "E[?66h", "E>" },
	{ "keypad, one way on and another off", "E=E[?66l", "" },
	{ "unknown modes", "E[?4711hE[4711hE[?0hE[?h", "" },
	{ "a mode and a query", "E[?1000$pE[?2004$p", "" },

	/* Saved and restored. */
	{ "XTSAVE, XTRESTORE", "E[?1000;25sE[?1000hE[?25lE[?1000;25r", "" },
	{ "restored to on", "E[?1hE[?1sE[?1lE[?1r", "E[?1l" },
	{ "all at once", "E[?2004hE[?sE[?1;2004;1000hE[?r", "E[?2004l" },
	{ "the screen saved", "E[?1049sE[?1049hE[?1049r", "" },

	/* Screens. */
	{ "1049", "E[?1049h", "E[?1049l" },
	{ "1049 left", "E[?1049hxE[?1049l", "" },
	{ "1047", "E[?1047h", "E[?1047l" },
	{ "47", "E[?47h", "E[?47l" },
	{ "entered by one, left by another", "E[?1049hE[?47l", "" },
	{ "entered twice: the first counts", "E[?47hE[?1049h", "E[?47l" },
	{ "with the cursor saved by 1048", "E[?1048hE[?1047h",
	  "E[?1047lE[?1048l" },
	{ "with the cursor saved by DECSC", "E7E[?47h", "E[?47lE8" },
	{ "saved and restored before", "E7E8E[?47h", "E[?47l" },
	{ "only saved", "E7E[?1048h", "" },
	{ "DECSC on the other screen", "E[?47hE7", "E[?47l" },
	{ "vim",
	  "E[?1049hE[22;0;0tE[?1hE=E[?2004hE[?1004hE[1;24rE[27mE[23m"
	  "E[>4;2mE[?25l",
	  "E[?1004lE[?2004lE[>4mE[?1049lE[23;0tE[?1lE>E[?25h" },

	/* Titles. */
	{ "titles pushed", "E[22;0;0tE[22;2tE[22;1t", "E[23;1tE[23;2tE[23;0t" },
	{ "titles popped", "E[22tE[22;2tE[23;2tE[23t", "" },
	{ "popped one by one, pushed as one", "E[22;0tE[23;2tE[23;1t", "" },
	{ "popped by kind", "E[22;2tE[22;1tE[23;2t", "E[23;1t" },
	{ "popped too often", "E[23tE[23;2tE[22t", "E[23;0t" },
	{ "other window operations", "E[14tE[18tE[8;24;80tE[22;7t", "" },

	/* Keys. */
	{ "modifyOtherKeys", "E[>4;2m", "E[>4m" },
	{ "modifyOtherKeys off", "E[>4;1mE[>4;0m", "" },
	{ "modifyOtherKeys reset", "E[>4;1mE[>4m", "" },
	{ "modifyOtherKeys disabled", "E[>4;1mE[>4n", "" },
	{ "other resources", "E[>1;2mE[?4m", "" },
	{ "kitty pushed", "E[>1u", "E[<1u" },
	{ "kitty pushed twice, popped once", "E[>1uE[>5uE[<u", "E[<1u" },
	{ "kitty popped at once", "E[>1uE[>5uE[<2u", "" },
	{ "kitty popped nothing", "E[>1uE[<0u", "E[<1u" },
	{ "kitty set", "E[=5u", "E[=0u" },
	{ "kitty set and reset", "E[=5uE[=0;1u", "" },
	{ "kitty set and bits taken away", "E[=5uE[=2;2uE[=7;3u", "" },
	{ "kitty set above what was pushed", "E[>1uE[=5uE[<u", "" },
	{ "kitty popped below", "E[=5uE[>1uE[<3u", "" },
	{ "kitty on two screens", "E[>1uE[?1049hE[>1uE[>1u",
	  "E[<2uE[?1049lE[<1u" },
	{ "kitty left on a screen that is gone", "E[?1049hE[>1uE[?1049l", "" },

	/* Margins. */
	{ "scrolling region", "E[2;20r", "E7E[rE8" },
	{ "region reset", "E[2;20rE[r", "" },
	{ "region of all lines", "E[2;20rE[1;24r", "" },
	{ "region of more lines", "E[2;20rE[;99r", "" },
	{ "region at the top", "E[;20r", "E7E[rE8" },
	{ "apt's progress bar", "E7E[0;23rE8E[1A", "E7E[rE8" },
	{ "left and right margins", "E[?69hE[5;70s", "E7E[?69lE8" },
	{ "all margins", "E[?69hE[2;20r", "E7E[?69lE[rE8" },
	{ "origin mode", "E[?6h", "E[?6lE[9999H" },

	/* Characters. */
	{ "line drawing", "E(0", "E(B" },
	{ "line drawing off", "E(0lqkE(B", "" },
	{ "a set with a longer name", "E(%5", "E(B" },
	{ "G1 alone shows nothing", "E)0", "" },
	{ "shifted", "E)0\x0eqqq", "\x0f" },
	{ "shifted back", "\x0eqqq\x0f", "" },
	{ "locking shifts", "En", "\x0f" },
	{ "a shift inside of a sequence", "E[1\x0e;2H", "\x0f" },
	{ "a shift inside of a string", "E]0;\x0e\a", "" },
	{ "bold", "E[1m", "E[m" },
	{ "reset", "E[1;31;4mE[0m", "" },
	{ "reset without a parameter", "E[1mE[m", "" },
	{ "reset by an empty parameter", "E[1mE[;m", "" },
	{ "reset and on", "E[0;1m", "E[m" },
	{ "each one by its own", "E[1;2;3;4;5;7;8;9mE[22;23;24;25;27;28;29m",
	  "" },
	{ "colours", "E[31;42mE[39mE[49m", "" },
	{ "bright colours", "E[91;102mE[39m", "E[m" },
	{ "indexed colours", "E[38;5;1;48;5;4mE[39;49m", "" },
	{ "direct colours", "E[38;2;1;3;4mE[39m", "" },
	{ "colours with colons", "E[38:2::1:3:4mE[48:5:7mE[39;49m", "" },
	{ "colour of the line", "E[4;58:5:1mE[4:0;59m", "" },
	{ "curly line", "E[4:3m", "E[m" },
	{ "the rest", "E[11;20;21;26;51;53;60;73mE[10;23;24;50;54;55;65;75m",
	  "" },
	{ "kitty's bold and faint", "E[1;2mE[221;222m", "" },
	{ "cursor style", "E[5 q", "E[0 q" },
	{ "cursor style reset", "E[5 qE[ qE[2 qE[0 q", "" },
	{ "attributes saved with the cursor", "E7E[1mE(0E8", "" },
	{ "attributes restored with the cursor", "E[1mE7E[mE8", "E[m" },
	{ "attributes that come back with the screen", "E[1mE[?1049hE[m",
	  "E[?1049lE[m" },
	{ "and did", "E[1mE[?1049hE[mE[?1049l", "E[m" },

	/* Resets. */
	{ "RIS", "E[?1049;1000;2004;25hE[>1uE[1mE[2;4rE[22tEc", "" },
	{ "DECSTR", "E[?1;25;66hE[?7;25lE[4hE[1mE(0E[2;4rE[!p", "" },
	{ "DECSTR is not for reports and screens", "E[?1049;1000hE[?25lE[!p",
	  "E[?1000lE[?1049l" },

	/* Strings. */
	{ "OSC until BEL", "E]0;[?25l\aE[?25l", "E[?25h" },
	{ "OSC until ST", "E]8;;http://x[1mE\\", "" },
	{ "DCS, APC, PM, SOS", "EPq[1mE\\E_G[1mE\\E^[1mE\\EX[1mE\\", "" },
	{ "BEL does not end DCS", "EPq\a[?25lE\\", "" },
	{ "a title for tmux", "Ektitle[?25lE\\", "" },
	{ "OSC cut by CAN",
	  "E]0;\x18"
	  "E[1m",
	  "E[m" },
	{ "OSC cut by another sequence", "E]0;tE[1m", "E[m" },

	/* Not well-formed. */
	{ "a marker in the wrong place", "E[1?25lE[?1?25l", "" },
	{ "parameters after intermediates", "E[ 1qE[!1p", "" },
	{ "two intermediates", "E[5 !q", "" },
	{ "sequence cut by SUB", "E[?25\x1al", "" },
	{ "sequence cut by ESC", "E[?1000E[?25l", "E[?25h" },
	{ "sequence cut by a character", "E[?25\xc3\xa9l", "" },
	{ "control characters inside", "E[?\r2\n5\al", "E[?25h" },
	{ "ESC ESC", "EEEE[?25l", "E[?25h" },
	{ "DEL inside",
	  "E[?2\x7f"
	  "5l",
	  "E[?25h" },
	{ "a number that is too large", "E[?65561;4294967321l", "" },
	{ "U+009B is text", "\xc2\x9b?25l", "" },
	{ "bytes of a non-UTF-8 text", "\x9b?25l\x9d\x90", "" },

	/* Unfinished. */
	{ "cut in a sequence", "E[?25",
	  "\x18"
	  "E\\" },
	{ "cut in a string", "E[?25lE]0;ti",
	  "\x18"
	  "E\\E[?25h" },
	{ "cut after ESC", "E",
	  "\x18"
	  "E\\" },
};

#define N_CASES (sizeof(cases) / sizeof(cases[0]))

/* For a terminal that does not decode UTF-8. */
static const struct {
	const char *name, *input, *undo;
} cases_8bit[] = {
	{ "CSI", "\x9b?25l", "E[?25h" },
	{ "OSC and ST",
	  "\x9d"
	  "0;[1m\x9c"
	  "E[1m",
	  "E[m" },
	{ "DCS, SOS, PM, APC", "\x90[1m\x9c\x98[1m\x9c\x9e[1m\x9c\x9f[1m\x9c",
	  "" },
	{ "CSI cuts a string", "E]0;t\x9b?25l", "E[?25h" },
	{ "Latin-1 text", "gar\xe7on \xa0\xff", "" },
	{ "other C1", "\x84\x85\x8d", "" },
};

#define N_CASES_8BIT (sizeof(cases_8bit) / sizeof(cases_8bit[0]))

static char *
real(const char *readable)
{
	char *s = xstrdup(readable);

	for (size_t i = 0; s[i] != '\0'; i++)
		if (s[i] == 'E')
			s[i] = '\033';
	return s;
}

static void
start(struct ledger *l, bool is_8bit)
{
	ledger_init(l, is_8bit);
	ledger_set_rows(l, ROWS);
}

static char *
undo_of(const struct ledger *l)
{
	struct buf out = BUF_INIT;

	ledger_undo(l, &out);
	return buf_take_str(&out);
}

/* Is the undo the same wherever the input is cut in two? */
static bool
is_same_when_cut(const char *input, const char *undo, bool is_8bit)
{
	size_t len = strlen(input);
	bool same = true;

	for (size_t at = 0; at <= len; at++) {
		struct ledger l;
		char *got;

		start(&l, is_8bit);
		ledger_feed(&l, input, at);
		ledger_feed(&l, input + at, len - at);
		got = undo_of(&l);
		same = same && strcmp(got, undo) == 0;
		free(got);
	}
	return same;
}

static void
check(const char *name, const char *readable, const char *readable_undo,
      bool is_8bit)
{
	char *input = real(readable), *want = real(readable_undo), *got;
	char *visible_got, *visible_want;
	struct ledger l;

	start(&l, is_8bit);
	ledger_feed(&l, input, strlen(input));
	got = undo_of(&l);
	visible_got = str_visible(got, strlen(got));
	visible_want = str_visible(want, strlen(want));
	is_str(visible_got, visible_want, "%s", name);
	ok(is_same_when_cut(input, want, is_8bit), "%s, cut", name);
	ledger_feed(&l, got, strlen(got));
	free(got);
	got = undo_of(&l);
	is_str(got, "", "%s, undone", name);
	free(input);
	free(want);
	free(got);
	free(visible_got);
	free(visible_want);
}

/* Feed a text many times over. */
static void
feed_often(struct ledger *l, const char *readable, int times)
{
	char *text = real(readable);

	for (int i = 0; i < times; i++)
		ledger_feed(l, text, strlen(text));
	free(text);
}

static void
test_hostile(void)
{
	struct ledger l;
	char *got;

	start(&l, false);
	feed_often(&l, "E[?", 1);
	feed_often(&l, "1;", 100000);
	feed_often(&l, "25l", 1);
	got = undo_of(&l);
	is_str(got, "", "parameters without end");
	free(got);

	start(&l, false);
	feed_often(&l, "E[?", 1);
	feed_often(&l, "0", 100000);
	feed_often(&l, "25l", 1);
	got = undo_of(&l);
	is_str(got, "\033[?25h", "zeros without end");
	free(got);

	start(&l, false);
	feed_often(&l, "E[22tE[>1uE7", 100000);
	feed_often(&l, "E[?1049hE[>1u", 1000);
	feed_often(&l,
		   "E[?1;5;6;9;66;69;1000;1001;1002;1003;1004;1005h"
		   "E[?1006;1015;1016;2004;2026;2031;2048;9001hE[?7;25l"
		   "E[2;4;20hE[12lE[>4;2mE[1mE(0\x0e"
		   "E[2;3rE[5 qE[=3uE]0;",
		   1);
	got = undo_of(&l);
	ok(strlen(got) <= LEDGER_UNDO_MAX, "everything on: %zu bytes of undo",
	   strlen(got));
	ok(strstr(got, "\033[<255u\033[?1049l\033[<255u") != NULL,
	   "as many keyboard entries as can be kept");
	ledger_feed(&l, got, strlen(got));
	free(got);
	got = undo_of(&l);
	is_str(got, "", "and off again");
	free(got);

	start(&l, false);
	feed_often(&l, "E]0;", 1);
	feed_often(&l, "endless string ", 100000);
	ok(!ledger_is_between(&l), "a string without end");
	feed_often(&l, "\a", 1);
	ok(ledger_is_between(&l), "but one");
}

int
main(void)
{
	struct ledger l;

	for (size_t i = 0; i < N_CASES; i++)
		check(cases[i].name, cases[i].input, cases[i].undo, false);
	for (size_t i = 0; i < N_CASES_8BIT; i++)
		check(cases_8bit[i].name, cases_8bit[i].input,
		      cases_8bit[i].undo, true);
	test_hostile();

	start(&l, false);
	ledger_set_rows(&l, 50);
	feed_often(&l, "E[1;24r", 1);
	ok(l.has_region, "the height is the terminal's");
	return done_testing();
}
