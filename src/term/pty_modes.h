/*
 * pty_modes - terminal settings as a pty-req carries them (RFC 4254 section
 * 8). Pure.
 */
#ifndef TERM_PTY_MODES_H
#define TERM_PTY_MODES_H

#include <stddef.h>

struct buf;
struct termios;

/*
 * Append the settings t, at most max bytes with the TTY_OP_END at the end:
 * where not all fit, those needed least are missing, and the server's own
 * values hold for them. NULL: there is no terminal to take settings from, and
 * nothing but the end is sent, as ssh(1) does. Only max 0 appends nothing.
 */
void pty_modes_encode(const struct termios *t, size_t max, struct buf *out);

#endif
