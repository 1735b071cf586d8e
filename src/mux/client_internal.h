/*
 * client_internal - what the files of a master's client share and nobody else
 * sees.
 */
#ifndef MUX_CLIENT_INTERNAL_H
#define MUX_CLIENT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/step.h"
#include "mux/packet.h"

struct conf;
struct console;
struct loop;
struct loop_signal;
struct loop_task;
struct loop_timer;
struct mux_link;
struct mux_script;
struct terminal;

#define MUX_CLIENT_SIGNALS 3

/* One that was asked for, as it was. */
struct mux_client_forward {
	struct mux_forward forward; /* owned */
	bool is_open;
};

struct mux_client {
	/* from mux_client_params */
	struct loop *loop;
	const struct conf *conf;
	struct console *console;
	int (*settle)(void *arg, struct err *e);
	void *arg;

	const char *command; /* what to run; NULL: a shell */

	struct loop_task *turn;
	struct loop_timer *patience;
	bool is_late; /* the master's answer */
	struct mux_link *link;
	const struct mux_script *script;
	size_t stage;  /* index into the script */
	bool is_asked; /* the stage has sent its request */
	uint32_t next_id;
	enum step result;
	struct err err;
	int status;
	bool was_declined;
	int signo; /* a signal that ends us, or 0 */

	/* the master */
	bool has_info; /* it answers MUX_C_INFO */
	pid_t pid;     /* 0: not known */

	/* what was asked for */
	struct mux_client_forward *forwards;
	size_t n_forwards, n_answered;
	bool has_failed; /* one of them */
	uint32_t session;
	int null; /* standard input with -n, or -1 */
	bool has_terminal;
	struct terminal *terminal; /* raw while the session runs */
	struct loop_signal *signals[MUX_CLIENT_SIGNALS];
	struct loop_timer *deadline; /* CommandTimeout; NULL: not asked yet */
	bool is_too_late;
	bool has_status;
	bool is_proxied; /* the link is no link any more */
};

/* The part of a run that one answer of the master's ends. */
typedef enum step mux_stage(struct mux_client *m, struct err *e);

struct mux_script {
	const char *name; /* of -O, or NULL */
	const char *info; /* the name of the MUX_C_INFO, or NULL */
	mux_stage *stages[7];
};

/* How long a master may take that needs nobody for its answer, and one that
 * has to ask the server, or the user. */
enum mux_patience { MUX_AT_ONCE, MUX_FROM_OTHERS, MUX_FOR_EVER };

/* Send a request, which is given an id, and wait so long for an answer. */
void mux_client_ask(struct mux_client *m, struct mux_packet *p,
		    enum mux_patience patience);

/* The next packet, of any kind; with MUX_FOR_EVER, or after the last answer,
 * without an end. */
enum step mux_client_hear(struct mux_client *m, struct mux_packet *ret_packet,
			  struct err *e);

/* The answer to the request with this id. */
enum step mux_client_await(struct mux_client *m, uint32_t id,
			   struct mux_packet *ret_packet, struct err *e);

/* It is not what was asked for: e says so, with the master's reason if it has
 * given one. Returns STEP_FAIL. */
enum step mux_client_refused(const struct mux_packet *p, const char *request,
			     struct err *e);

/* Do it with a connection of our own. Returns STEP_FAIL. */
enum step mux_client_decline(struct mux_client *m);

/* What the user asked to be told. */
void mux_client_tell(int fd, const char *text);

/* The stages, in the files of their subjects. */
mux_stage mux_client_open_forwards, mux_client_close_forwards,
    mux_client_end_forwards, mux_client_hold, mux_client_withdraw,
    mux_client_find_terminal, mux_client_find_pid, mux_client_open_session,
    mux_client_open_stdio, mux_client_attend, mux_client_check,
    mux_client_terminate, mux_client_stop, mux_client_show_info,
    mux_client_show_connection, mux_client_proxy;

void mux_client_forwards_clear(struct mux_client *m);

/* The terminal is as it was. */
void mux_client_leave_terminal(struct mux_client *m);

#endif
