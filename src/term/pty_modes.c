#include "term/pty_modes.h"

#include <stdint.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/wire.h"

enum { TTY_OP_END = 0, MODE_BYTES = 5 };

/* A special character that is off, on every system. */
enum { NO_CHARACTER = 255 };

/* What ssh(1) makes of a speed that it has no number for. */
enum { UNKNOWN_SPEED = 9600 };

enum source { CHARACTER, INPUT, OUTPUT, CONTROL, LOCAL, IN_SPEED, OUT_SPEED };

/* clang-format off */

/*
 * Everything ssh(1) sends, from the most to the least needed: what does not
 * fit is missing from the end of this list. libssh2 takes 256 bytes of modes
 * and TERM together, so that with TERM=xterm-256color the last 4 of the 52 that
 * Linux has stay behind, and with a TERM of 60 letters the last 13.
 */
static const struct {
	uint8_t opcode;
	enum source source;
	tcflag_t value; /* index into c_cc, or bits */
} modes[] = {
	/* Without these typing does not work as it does here. */
	{ 1, CHARACTER, VINTR },
	{ 2, CHARACTER, VQUIT },
	{ 3, CHARACTER, VERASE },
	{ 4, CHARACTER, VKILL },
	{ 5, CHARACTER, VEOF },
	{ 10, CHARACTER, VSUSP },
	{ 50, LOCAL, ISIG },
	{ 51, LOCAL, ICANON },
	{ 53, LOCAL, ECHO },
	{ 36, INPUT, ICRNL },
	{ 70, OUTPUT, OPOST },
	{ 72, OUTPUT, ONLCR },
#ifdef IUTF8
	{ 42, INPUT, IUTF8 },
#endif
	{ 59, LOCAL, IEXTEN },
	{ 54, LOCAL, ECHOE },
	{ 55, LOCAL, ECHOK },
	{ 60, LOCAL, ECHOCTL },
	{ 61, LOCAL, ECHOKE },
	{ 13, CHARACTER, VWERASE },
	{ 14, CHARACTER, VLNEXT },
	{ 8, CHARACTER, VSTART },
	{ 9, CHARACTER, VSTOP },
	{ 38, INPUT, IXON },

	/* What people change on purpose. */
	{ 40, INPUT, IXOFF },
	{ 39, INPUT, IXANY },
	{ 58, LOCAL, TOSTOP },
	{ 57, LOCAL, NOFLSH },
	{ 56, LOCAL, ECHONL },
	{ 34, INPUT, INLCR },
	{ 35, INPUT, IGNCR },
	{ 73, OUTPUT, OCRNL },
	{ 33, INPUT, ISTRIP },
	{ 41, INPUT, IMAXBEL },
	{ 12, CHARACTER, VREPRINT },
	{ 6, CHARACTER, VEOL },
	{ 7, CHARACTER, VEOL2 },
#ifdef VSTATUS
	{ 17, CHARACTER, VSTATUS },
#endif
#ifdef VDSUSP
	{ 11, CHARACTER, VDSUSP },
#endif

	/* Some programs send less when the line is slow. */
	{ 129, OUT_SPEED, 0 },
	{ 128, IN_SPEED, 0 },

	/* Printing terminals. */
	{ 75, OUTPUT, ONLRET },
#ifdef ONOCR
	{ 74, OUTPUT, ONOCR },
#endif

	/* A pseudo-terminal has 8 bits whatever is asked for. */
	{ 91, CONTROL, CS8 },

	/* Terminals without small letters. */
#ifdef IUCLC
	{ 37, INPUT, IUCLC },
#endif
#ifdef OLCUC
	{ 71, OUTPUT, OLCUC },
#endif
#ifdef XCASE
	{ 52, LOCAL, XCASE },
#endif

	/* Never had an effect on Linux; a state rather than a setting. */
	{ 18, CHARACTER, VDISCARD },
	{ 62, LOCAL, PENDIN },

	/* Parity and 7 bits, which only a serial line has. */
	{ 30, INPUT, IGNPAR },
	{ 31, INPUT, PARMRK },
	{ 32, INPUT, INPCK },
	{ 92, CONTROL, PARENB },
	{ 93, CONTROL, PARODD },
	{ 90, CONTROL, CS7 },
};

/* POSIX has no way to ask for the number that a speed stands for. */
static const struct {
	speed_t speed;
	uint32_t baud;
} speeds[] = {
	{ B0, 0 },
	{ B50, 50 },
	{ B75, 75 },
	{ B110, 110 },
	{ B134, 134 },
	{ B150, 150 },
	{ B200, 200 },
	{ B300, 300 },
	{ B600, 600 },
	{ B1200, 1200 },
	{ B1800, 1800 },
	{ B2400, 2400 },
	{ B4800, 4800 },
	{ B9600, 9600 },
	{ B19200, 19200 },
	{ B38400, 38400 },
	{ B57600, 57600 },
	{ B115200, 115200 },
	{ B230400, 230400 },
};
/* clang-format on */

#define N_MODES (sizeof(modes) / sizeof(modes[0]))
#define N_SPEEDS (sizeof(speeds) / sizeof(speeds[0]))

static uint32_t
baud_of(speed_t speed)
{
	for (size_t i = 0; i < N_SPEEDS; i++)
		if (speeds[i].speed == speed)
			return speeds[i].baud;
	return UNKNOWN_SPEED;
}

static uint32_t
value_of(const struct termios *t, enum source source, tcflag_t value)
{
	switch (source) {
	case CHARACTER:
		if (t->c_cc[value] == _POSIX_VDISABLE)
			return NO_CHARACTER;
		return t->c_cc[value];
	case INPUT:
		return (t->c_iflag & value) != 0;
	case OUTPUT:
		return (t->c_oflag & value) != 0;
	case CONTROL:
		return (t->c_cflag & value) != 0;
	case LOCAL:
		return (t->c_lflag & value) != 0;
	case IN_SPEED:
		return baud_of(cfgetispeed(t));
	case OUT_SPEED:
		return baud_of(cfgetospeed(t));
	}
	return 0;
}

void
pty_modes_encode(const struct termios *t, size_t max, struct buf *out)
{
	size_t room = max > 0 ? (max - 1) / MODE_BYTES : 0;

	if (max == 0)
		return;
	for (size_t i = 0; t != NULL && i < N_MODES && i < room; i++) {
		wire_put_byte(out, modes[i].opcode);
		wire_put_u32(out, value_of(t, modes[i].source, modes[i].value));
	}
	wire_put_byte(out, TTY_OP_END);
}
