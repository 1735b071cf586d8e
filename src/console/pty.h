/*
 * pty - what the server is told of a terminal of ours, or of who shares the
 * connection.
 */
#ifndef CONSOLE_PTY_H
#define CONSOLE_PTY_H

#include "ssh/channel.h"

struct terminal_size;
struct termios;

/* Ask for a pseudo-terminal with these settings (RFC 4254, 6.2; NULL: those
 * that cannot be told). Modes that do not fit beside the name stay out. */
void pty_request(struct channel *c, const char *term,
		 const struct termios *settings,
		 const struct channel_size *size);

/* The size, as a channel says it. */
struct channel_size pty_size(const struct terminal_size *size);

#endif
