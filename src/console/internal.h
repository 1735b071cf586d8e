/*
 * internal - what the files of console/ share and nobody else sees.
 */
#ifndef CONSOLE_INTERNAL_H
#define CONSOLE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "console/view.h"
#include "term/escape.h"
#include "term/ledger.h"

struct buf;
struct line_editor;
struct line_history;
struct link_notice;
struct loop_signal;
struct pacing;
struct prompter;
struct recording;
struct terminal;

#define CONSOLE_SIGNALS 3

struct console {
	struct console_params params;
	struct loop *loop;       /* of params */
	const struct conf *conf; /* of params */
	struct console_view view;
	struct prompter *prompters;
	unsigned long tickets; /* that they were given so far */
	bool has_told;         /* that there can be no terminal */

	/* With a terminal: */
	struct terminal *terminal;
	const char *term; /* NULL: ours */
	struct escape escape;
	struct ledger ledger;
	bool is_on_screen; /* standard output is a terminal */
	bool is_attended;  /* and input, in which somebody types */
	bool was_attached; /* there was a session before */
	bool has_ended;
	bool is_over; /* the user ended the session */
	struct loop_signal *signals[CONSOLE_SIGNALS];
	struct link_notice *link_notice;
	struct pacing *pacing;       /* NULL: not wanted */
	struct recording *recording; /* NULL: none */
	struct line_editor *editor;  /* while "~C" is open */
	struct line_history *history;
};

/* Whoever is attached takes a turn. */
static inline void
console_wake(const struct console *c)
{
	if (c->view.wake != NULL)
		c->view.wake(c->view.arg);
}

/* Write text of our own to the terminal; lines end in \r\n. */
void console_say(const char *text);
void console_say_buf(struct buf *b); /* and clears it */

#endif
