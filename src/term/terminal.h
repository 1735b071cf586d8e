/*
 * terminal - the user's terminal during a session: in raw mode, and back on
 * every way out.
 *
 * As in ssh(1), the settings are those of standard input where that is a
 * terminal; where not, nothing is changed. While raw mode lasts, the signals
 * that would end the program, if nobody else catches them, put the terminal
 * right before they do. One terminal can be raw at a time.
 */
#ifndef TERM_TERMINAL_H
#define TERM_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct terminal;
struct termios;

struct terminal_fds {
	int in, out, err; /* borrowed; -1 for none */
};

struct terminal_size {
	unsigned cols, rows;
	unsigned xpixel, ypixel;
};

struct terminal *terminal_new(const struct terminal_fds *fds);

/* Leaves raw mode first. NULL is fine. */
void terminal_free(struct terminal *t);

/*
 * Enter raw mode; in raw mode, make sure of it (after SIGCONT). In the
 * background this stops the program until it is in the foreground. Returns 0,
 * also without a terminal, or -1 with e set (ERR_LOCAL).
 */
int terminal_enter(struct terminal *t, struct err *e);

/* Put the settings back that the terminal had. In the background they are
 * another program's, and left alone. */
void terminal_leave(struct terminal *t);

/* Throw away what was typed and not read yet. */
void terminal_forget_input(const struct terminal *t);

bool terminal_is_raw(const struct terminal *t);

/*
 * Stop the program as ^Z would, with the terminal as it was; return when it
 * continues, in raw mode again if it was. Returns 0, or -1 with e set
 * (ERR_LOCAL). The size may have changed.
 */
int terminal_suspend(struct terminal *t, struct err *e);

/* The size, from the first of the three descriptors that has one. Returns
 * false, with all 0, as ssh(1) sends it then, if none does. */
bool terminal_size_of(const struct terminal_fds *fds,
		      struct terminal_size *ret_size);
void terminal_own_size(const struct terminal *t,
		       struct terminal_size *ret_size);

/*
 * Bytes (copied; see ledger_undo()) to be written to the terminal when the
 * program is killed or crashes in raw mode. What is too long is left out as a
 * whole.
 */
void terminal_set_undo(struct terminal *t, const void *data, size_t len);

#endif
