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
 * Ask on /dev/tty, or through askpass: for a secret without echo, or with echo
 * for a line (keyboard-interactive prompts with echo set, and questions), which
 * libedit helps with on a terminal. Returns an owned secret, wiped by
 * secret_free(), or NULL with e set (ERR_LOCAL) when nobody could be asked or
 * the question was cancelled. An empty answer is an empty secret. Text that
 * came from a server must have been made visible by the caller.
 */
struct secret *prompt_ask(const char *question, bool echo, struct err *e);

#endif
