/*
 * terminal_state - what interactive.c, commands.c, link.c and recording.c
 * share of one interactive session. Internal to client/.
 */
#ifndef CLIENT_TERMINAL_STATE_H
#define CLIENT_TERMINAL_STATE_H

#include <stdbool.h>

#include "term/escape.h"
#include "term/ledger.h"

struct client;
struct line_editor;
struct line_history;
struct link;
struct loop_signal;
struct recording;
struct terminal;

#define INTERACTIVE_SIGNALS 3

struct interactive {
	struct client *client;
	struct terminal *terminal;
	struct escape escape;
	struct ledger ledger;
	bool is_on_screen; /* standard output is a terminal */
	bool has_ended;
	bool is_over; /* the user ended the session */
	struct loop_signal *signals[INTERACTIVE_SIGNALS];
	struct link *link;
	struct recording *recording; /* NULL: none */
	struct line_editor *editor;  /* while "~C" is open */
	struct line_history *history;
};

#endif
