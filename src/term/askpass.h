/*
 * askpass - the program that asks in a window, and ssh(1)'s rules for using
 * it: SSH_ASKPASS, SSH_ASKPASS_REQUIRE, DISPLAY, WAYLAND_DISPLAY. Internal to
 * term/.
 */
#ifndef TERM_ASKPASS_H
#define TERM_ASKPASS_H

struct err;
struct secret;

enum askpass_use {
	ASKPASS_NEVER,
	ASKPASS_FALLBACK, /* where there is no terminal */
	ASKPASS_FIRST,    /* even where there is one */
};

enum askpass_use askpass_use(void);

/*
 * Run the program with the question as its argument and wait for it. Returns
 * the first line it prints (owned), or NULL with e set (ERR_LOCAL) when it
 * cannot be run or ends with anything but 0: the question was cancelled.
 */
struct secret *askpass_ask(const char *question, struct err *e);

#endif
