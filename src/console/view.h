/*
 * view - what the console is handed: at its beginning, and with each session
 * that it shows.
 */
#ifndef CONSOLE_VIEW_H
#define CONSOLE_VIEW_H

#include <stdbool.h>

struct channel;
struct conf;
struct err;
struct forwards;
struct loop;
struct pulse;
struct session;
struct stdio;

struct console_params {
	struct loop *loop;
	const struct conf *conf;
	/* Go on without the terminal ("~&"). Returns 0, or -1 with e set. */
	int (*go_to_background)(void *arg, struct err *e);
	void *arg;
};

/* What is on show, and what keys act upon. Borrowed until console_detach(). */
struct console_view {
	struct session *session;
	struct channel *channel; /* NULL with -N */
	struct stdio *stdio;     /* likewise */
	struct forwards *forwards;
	bool may_forward;
	struct pulse *pulse;
	const char *host;
	const char *command;
	const char *login_text;
	void (*wake)(void *arg);
	void *arg;
};

#endif
