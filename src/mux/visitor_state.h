/*
 * visitor_state - what is known of the clients of a master, and of one of them.
 * Internal to mux/.
 */
#ifndef MUX_VISITOR_STATE_H
#define MUX_VISITOR_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "mux/packet.h"
#include "mux/shared_forward.h"
#include "mux/shared_job.h"

struct client_ground;
struct console;
struct leftover;
struct mailbox;
struct prompter;
struct shared_proxy;
struct visitor;

/* Embedded in its owner, who sets the first part. */
struct visitors {
	const struct client_ground *ground;
	struct console *console;      /* where questions are asked */
	void (*stop)(void *arg);      /* nobody is to come any more */
	void (*terminate)(void *arg); /* and the connection is to end */
	void *arg;
	time_t since; /* when the first could have come */

	struct visitor *first;
	size_t count;
	uint32_t sessions; /* so far */
	struct leftover *leftovers;
};

struct visitor {
	struct visitor *next; /* in visitors */
	struct visitors *all;
	struct mailbox *mail;
	pid_t pid; /* of the client; 0: not known */
	bool has_greeted;

	/* The request that is being answered, and how far that is. */
	struct mux_packet request;
	bool has_request;
	bool is_allowed; /* by the user */
	bool has_fds;    /* they are in fds */
	bool has_begun;
	enum shared_forward forward;
	int fds[SHARED_JOB_FDS];   /* until a job has them; -1 */
	struct prompter *prompter; /* NULL: nothing was to be asked yet */

	struct shared_job *job;     /* NULL: none yet, or no more */
	struct shared_proxy *proxy; /* in its place; or NULL */
	uint32_t session;           /* its number */
	time_t since;
	bool is_open;  /* the client knows that */
	bool has_told; /* that there is no terminal */
	bool is_done;  /* nothing more is heard from it: it goes once everything
			  was sent */
	bool is_gone;
};

#endif
