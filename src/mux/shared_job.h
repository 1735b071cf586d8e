/*
 * shared_job - what a client of the master asked for: a session, or a
 * connection from the server (-W), with the descriptors that the client has
 * handed over, its environment, and its terminal.
 *
 * The rest is the master's: its agent, its display, its limits.
 */
#ifndef MUX_SHARED_JOB_H
#define MUX_SHARED_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/asker.h"
#include "base/step.h"

struct channel;
struct client_ground;
struct err;
struct mux_packet;
struct shared_job;

#define SHARED_JOB_FDS 3

struct shared_job_params {
	const struct client_ground *ground;
	/* NEW_SESSION or NEW_STDIO_FORWARD; what is in it is copied */
	const struct mux_packet *request;
	int fds[SHARED_JOB_FDS]; /* taken over; -1: there is none */
	struct asker asker;      /* ForwardAgentConfirm */
	void (*wake)(void *arg); /* a step may get further */
	void *arg;
};

/* Ask the server for it. */
struct shared_job *shared_job_new(const struct shared_job_params *p);
void shared_job_free(struct shared_job *j); /* NULL is fine */

/* Has the server opened its channel? STEP_FAIL: it will not; e says why. */
enum step shared_job_opened(const struct shared_job *j, struct err *e);

/* Go on. Returns true if there is more to do at once. */
bool shared_job_step(struct shared_job *j);

/* The client wanted a terminal, and the server has given it none. */
bool shared_job_lacks_terminal(const struct shared_job *j);

/* The size of the client's terminal may have changed. */
void shared_job_resize(struct shared_job *j);

/* The client's part in it is over. */
bool shared_job_is_over(struct shared_job *j);

/* How? True: with *ret_status; false: e may say what there is to tell. */
bool shared_job_status(const struct shared_job *j, int *ret_status,
		       struct err *e);

/* Say something on the client's standard error, if it can be said at once. */
void shared_job_tell(const struct shared_job *j, const char *text);

/* The client has gone: end it, but for what came in by its services. */
void shared_job_abandon(struct shared_job *j);

/* Do others than the client still use it: its agent, its display? */
bool shared_job_is_in_use(const struct shared_job *j);

bool shared_job_is_stdio(const struct shared_job *j);

/* For a list: what it is ("shell", "stdio" ...), and the words of its command,
 * or ""; borrowed. */
const char *shared_job_kind(const struct shared_job *j);
const char *shared_job_text(const struct shared_job *j);
const struct channel *shared_job_channel(const struct shared_job *j);

#endif
