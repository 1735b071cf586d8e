/*
 * lane - one forwarding (-L, -R or -D): where it is entered, where it leads,
 * and how much went through it. Internal to forward/.
 *
 * What listens here goes on without a session; those who come then wait.
 */
#ifndef FORWARD_LANE_H
#define FORWARD_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/forward_spec.h"
#include "forward/forward_state.h"
#include "forward/forwards_params.h"

struct berth;
struct buf;
struct channel;
struct check;
struct crossings;
struct err;
struct listener;
struct parking;
struct session;

struct lane;

/* Somebody came: by fd, or if that is -1 by channel; taken over. */
typedef void lane_admit_fn(struct lane *l, int fd, struct channel *channel);

struct lane {
	struct lane *next;
	const struct forwards_params *params;
	struct crossings *crossings; /* of all lanes */
	lane_admit_fn *admit;
	struct parking *parking; /* likewise; where to wait for a session */
	struct session *session; /* NULL: none now */
	enum forward_kind kind;
	struct forward_spec spec;
	char *target;                /* "web:80" */
	char *text;                  /* "8080 [web]:80", for messages */
	struct listener *local;      /* FORWARD_LOCAL, FORWARD_DYNAMIC */
	struct berth *berth;         /* the remote kinds */
	bool is_pending, has_failed; /* to listen here */
	bool is_closed;              /* freed once its last crossing is over */

	size_t open;                  /* crossings now */
	uint64_t total, refused;      /* so far */
	uint64_t bytes_in, bytes_out; /* of those that are over */
	char *last_trouble;           /* or NULL */
	bool target_is_down;          /* the last connection to it failed */

	struct check *check; /* while it is checked */
	int64_t check_at_ms; /* when that is due; 0: nobody knows yet */
	uint64_t total_then; /* as of the last one */
	bool is_dead;        /* that was found */
	bool is_uncheckable; /* the server forbids it */
};

/* params and crossings are borrowed, and so is the parking that is set then;
 * spec is taken over. */
struct lane *lane_new(const struct forwards_params *params,
		      struct crossings *crossings, lane_admit_fn *admit,
		      enum forward_kind kind, struct forward_spec *spec);
void lane_free(struct lane *l);

/* Listen, if that is to be here; who comes is parked. Returns 0, also while
 * the place's name is looked up (is_pending), or -1 with e set (ERR_FORWARD).
 */
int lane_listen(struct lane *l, struct err *e);

/* There is a session: let in who comes, or ask the server to listen. As above.
 */
int lane_attach(struct lane *l, struct session *session, struct err *e);

/* It is gone, or will be: its crossings are over already. */
void lane_detach(struct lane *l);

/* It could not be begun: e says why. */
void lane_fail(struct lane *l, const struct err *e);

/* Somebody was let in and got nowhere, because the session ends; fd is taken
 * over. */
void lane_put_back(struct lane *l, int fd);

/* Stop listening for good. */
void lane_close(struct lane *l);

/* Look at what the server answers, and let those in who came there. */
void lane_step(struct lane *l);

/* On the clock of loop_now_ms(): when is a step due? -1: at no time. */
int64_t lane_due_ms(const struct lane *l);

/* What has become of it; and the port at which it is listened for, 0 if there
 * is none, or it is not known. */
enum forward_phase lane_phase(const struct lane *l);

/* Is there an answer to come? */
bool lane_is_asked(const struct lane *l);
int lane_port(const struct lane *l);

/* Is it the server that listens? */
bool lane_is_remote(enum forward_kind kind);

/* Is it not listened for, and that counts? Then -1 with e set to ssh's line;
 * see berth_failure(). */
int lane_failure(const struct lane *l, struct err *e);

/* The target of a crossing failed or works (again): told once per change. why
 * is a sentence; NULL when it works. */
void lane_note(struct lane *l, const char *why);

/* Append a line as for "~#". */
void lane_print(const struct lane *l, struct buf *out);

#endif
