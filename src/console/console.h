/*
 * console - the user's side of the program, one per process: questions
 * (prompter.h), and for a session with a terminal raw mode and its end, the
 * window's size, escape keys, what is recorded, and what is said when the link
 * goes silent.
 *
 * It knows the session that it shows, while there is one, by what it is handed
 * when it is attached; what it does for others are functions of the form that
 * they want: for a job's screen, for an asker.
 */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

#include "console/view.h"

struct buf;
struct console;

/* p is copied; what it points to outlives the console. Never fails. */
struct console *console_new(const struct console_params *p);
void console_free(struct console *c); /* NULL is fine */

/* Should a session with this command (NULL: a shell) have a terminal? As ssh
 * decides; says so, once, when one is wanted and cannot be had. */
bool console_wants_terminal(struct console *c, const char *command);

/* It has one from here on. */
void console_open_terminal(struct console *c);
bool console_has_terminal(const struct console *c);

/* And does somebody sit at it who could go on in another session? */
bool console_is_attended(const struct console *c);

/* The TERM to ask for: SetEnv may name another one, as in ssh. */
const char *console_term_name(const struct console *c);

/* The TERM to ask for instead of ours (TermFallback). Static. */
void console_set_term(struct console *c, const char *term);

/*
 * The session runs: with a terminal, enter raw mode, watch the window, start
 * recording. If there was another one before, what was typed since its end is
 * thrown away: it was not meant for this one. Returns 0, or -1 with e set.
 */
int console_attach(struct console *c, const struct console_view *v,
		   struct err *e);
void console_detach(struct console *c); /* ends it, if that was not done */

/*
 * The session is over: put the terminal right. After an abnormal end (the
 * remote side did not finish by itself) also undo what it had switched on.
 * Never fails, and may be called again.
 */
void console_end(struct console *c, bool is_abnormal);

/* Did the user end the session with an escape key? */
bool console_is_over(const struct console *c);

/* At the end of a turn: may what is queued be sent now, or are keys being paced
 * (ObscureKeystrokeTiming)? If not, the session will be woken. */
bool console_may_send(struct console *c);

/* For a job's screen; arg is the console. */
void console_request_pty(void *arg, struct channel *channel);
void console_typed(void *arg, const void *data, size_t len, struct buf *out);
void console_shown(void *arg, const void *data, size_t len);

#endif
