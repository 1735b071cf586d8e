/*
 * dialog - the controlling terminal while a question is open on it. Internal
 * to term/.
 *
 * From open to close the signals that would end or stop the program are held
 * back, so that the terminal is put right first; close raises them again.
 */
#ifndef TERM_DIALOG_H
#define TERM_DIALOG_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

struct err;

#define DIALOG_TERMINAL "/dev/tty"
#define DIALOG_SIGNALS 5

struct dialog {
	int fd; /* both ways */
	struct termios saved;
	bool is_hidden; /* no echo; what is typed after the answer is dropped */
	sigset_t old_mask;
	struct sigaction old_actions[DIALOG_SIGNALS];
};

/* Is there a terminal to ask on? */
bool dialog_is_possible(void);

/*
 * Open the terminal and drop what was typed ahead. In the background this
 * stops the program until it is brought to the foreground. Returns 0, or -1
 * with e set (ERR_LOCAL).
 */
int dialog_open(struct dialog *d, struct err *e);

/* Stop echoing what is typed. */
void dialog_hide(struct dialog *d);

void dialog_write(struct dialog *d, const char *text);

/* Wait for one byte: 1, 0 at the end of input, -1 if reading failed or a
 * signal came. */
int dialog_read(struct dialog *d, unsigned char *ret_byte);

/*
 * Put the terminal right, close it and raise the signals that came. Returns
 * true if the program was stopped and continued by that: ask again.
 */
bool dialog_close(struct dialog *d);

#endif
