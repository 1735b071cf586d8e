/*
 * prompt - questions to the person at the terminal, or to the program in
 * SSH_ASKPASS where ssh would use that. These calls block; they happen during
 * login only.
 *
 * SIGHUP, SIGINT, SIGQUIT, SIGTERM and SIGTSTP that come meanwhile take effect
 * once the terminal is as it was: by default they end the program, and after
 * SIGTSTP and a continuation the question is asked again. Where they do not
 * end it, the question counts as cancelled. The answer's bytes are those of
 * the locale that main() set.
 */
#ifndef TERM_PROMPT_H
#define TERM_PROMPT_H

#include <stdbool.h>

struct err;
struct secret;

/*
 * May anybody be asked at all? False with no terminal to open and no askpass
 * that ssh would use (SSH_ASKPASS_REQUIRE and DISPLAY/WAYLAND_DISPLAY as in
 * ssh(1)).
 */
bool prompt_is_possible(void);

/* Would a question be asked on the terminal? Otherwise in a window, or
 * nowhere. */
bool prompt_uses_terminal(void);

/*
 * Ask for a secret on /dev/tty without echo, or through askpass. Returns an
 * owned secret, or NULL with e set (ERR_LOCAL) when nobody could be asked or
 * the question was cancelled. An empty answer is an empty secret. Text that
 * came from a server must have been made visible by the caller.
 */
struct secret *prompt_secret(const char *question, struct err *e);

/*
 * Ask for a line with echo (keyboard-interactive prompts with echo set, and
 * questions). Through libedit on a terminal. Owned, wiped by secret_free().
 */
struct secret *prompt_line(const char *question, struct err *e);

#endif
