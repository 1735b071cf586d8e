#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/wire.h"
#include "tap.h"
#include "term/pty_modes.h"

enum { N_OPCODES = 160, MODE_BYTES = 5 };

/* The settings of a new pseudo-terminal on Linux. */
static struct termios
usual(void)
{
	struct termios t = { 0 };

	t.c_iflag = ICRNL | IXON;
	t.c_oflag = OPOST | ONLCR;
	t.c_cflag = CS8 | CREAD;
	t.c_lflag =
	    ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
	memset(t.c_cc, _POSIX_VDISABLE, sizeof(t.c_cc));
	t.c_cc[VINTR] = 3;
	t.c_cc[VQUIT] = 28;
	t.c_cc[VERASE] = 127;
	t.c_cc[VKILL] = 21;
	t.c_cc[VEOF] = 4;
	t.c_cc[VSTART] = 17;
	t.c_cc[VSTOP] = 19;
	t.c_cc[VSUSP] = 26;
	t.c_cc[VREPRINT] = 18;
	t.c_cc[VDISCARD] = 15;
	t.c_cc[VWERASE] = 23;
	t.c_cc[VLNEXT] = 22;
	cfsetispeed(&t, B38400);
	cfsetospeed(&t, B38400);
	return t;
}

/* Take modes apart by opcode; -1 is not there. False if malformed. */
static bool
decode(const struct buf *b, long long *ret_values)
{
	struct wire w;
	uint8_t opcode;
	uint32_t value;

	for (int i = 0; i < N_OPCODES; i++)
		ret_values[i] = -1;
	wire_init(&w, b->data, b->len);
	while (wire_get_byte(&w, &opcode) == 0 && opcode != 0) {
		if (opcode >= N_OPCODES || ret_values[opcode] != -1 ||
		    wire_get_u32(&w, &value) != 0)
			return false;
		ret_values[opcode] = value;
	}
	return w.len == 0 && b->len > 0 && b->data[b->len - 1] == 0;
}

/* What ssh(1) 9.2 sends on Linux for the settings of usual(). */
static const struct {
	int opcode;
	long long value;
} expected[] = {
	{ 129, 38400 }, { 128, 38400 }, { 1, 3 },   { 2, 28 },  { 3, 127 },
	{ 4, 21 },      { 5, 4 },       { 6, 255 }, { 7, 255 }, { 8, 17 },
	{ 9, 19 },      { 10, 26 },     { 12, 18 }, { 13, 23 }, { 14, 22 },
	{ 18, 15 },     { 30, 0 },      { 31, 0 },  { 32, 0 },  { 33, 0 },
	{ 34, 0 },      { 35, 0 },      { 36, 1 },  { 38, 1 },  { 39, 0 },
	{ 40, 0 },      { 41, 0 },      { 50, 1 },  { 51, 1 },  { 53, 1 },
	{ 54, 1 },      { 55, 1 },      { 56, 0 },  { 57, 0 },  { 58, 0 },
	{ 59, 1 },      { 60, 1 },      { 61, 1 },  { 62, 0 },  { 70, 1 },
	{ 72, 1 },      { 73, 0 },      { 75, 0 },  { 90, 1 },  { 91, 1 },
	{ 92, 0 },      { 93, 0 },
#ifdef IUTF8
	{ 42, 0 },
#endif
#ifdef ONOCR
	{ 74, 0 },
#endif
#ifdef IUCLC
	{ 37, 0 },
#endif
#ifdef OLCUC
	{ 71, 0 },
#endif
#ifdef XCASE
	{ 52, 0 },
#endif
};

#define N_EXPECTED (sizeof(expected) / sizeof(expected[0]))

static void
test_all(void)
{
	struct termios t = usual();
	struct buf b = BUF_INIT;
	long long got[N_OPCODES];

	pty_modes_encode(&t, SIZE_MAX, &b);
	ok(decode(&b, got), "everything is well-formed");
	for (size_t i = 0; i < N_EXPECTED; i++)
		is_int(got[expected[i].opcode], expected[i].value,
		       "opcode %d as ssh has it", expected[i].opcode);
	buf_clear(&b);
}

/* A change of one setting, and the one value that changes with it. */
static void
test_changes(void)
{
	struct termios t = usual();
	struct buf b = BUF_INIT;
	long long got[N_OPCODES];

	t.c_cc[VERASE] = 8;
	t.c_cc[VINTR] = _POSIX_VDISABLE;
	t.c_lflag &= ~(tcflag_t)ECHO;
	t.c_lflag |= TOSTOP;
	t.c_iflag |= IGNPAR;
	t.c_oflag &= ~(tcflag_t)ONLCR;
	t.c_cflag |= PARENB;
	cfsetispeed(&t, B115200); /* Linux has one for both */
	cfsetospeed(&t, B115200);
	pty_modes_encode(&t, SIZE_MAX, &b);
	ok(decode(&b, got), "changed settings are well-formed");
	is_int(got[3], 8, "another erase character");
	is_int(got[1], 255, "no interrupt character");
	is_int(got[53], 0, "no echo");
	is_int(got[58], 1, "a local flag");
	is_int(got[30], 1, "an input flag");
	is_int(got[72], 0, "an output flag");
	is_int(got[92], 1, "a control flag");
	is_int(got[129], 115200, "speed out");
	is_int(got[128], 115200, "speed in");
#ifdef B4000000
	buf_reset(&b);
	cfsetospeed(&t, B4000000);
	pty_modes_encode(&t, SIZE_MAX, &b);
	decode(&b, got);
	is_int(got[129], 9600, "a speed that ssh does not know");
#endif
	buf_clear(&b);
}

static void
test_room(void)
{
	static const int needed[] = { 1, 3, 36, 50, 51, 53, 70, 72 };
	static const size_t sizes[] = { 0, 1, 2, 5, 6, 7, 100, 235, 242 };
	struct termios t = usual();
	long long got[N_OPCODES];
	bool all_needed = true;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct buf b = BUF_INIT;
		size_t max = sizes[i];
		size_t want =
		    max > 0 ? (max - 1) / MODE_BYTES * MODE_BYTES + 1 : 0;

		pty_modes_encode(&t, max, &b);
		is_int((long long)b.len, (long long)want,
		       "all the room of %zu is used", max);
		ok(max == 0 || decode(&b, got), "and well-formed");
		buf_clear(&b);
	}
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		all_needed = all_needed && got[needed[i]] != -1;
	ok(all_needed, "what is needed most is there with a usual TERM");
	ok(got[93] == -1 && got[90] == -1, "parity and 7 bits are not");
}

static void
test_no_terminal(void)
{
	struct buf b = BUF_INIT;

	pty_modes_encode(NULL, SIZE_MAX, &b);
	ok(b.len == 1 && b.data[0] == 0, "no terminal: only the end");
	buf_clear(&b);
}

int
main(void)
{
	test_all();
	test_changes();
	test_room();
	test_no_terminal();
	return done_testing();
}
