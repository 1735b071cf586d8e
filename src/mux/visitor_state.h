/*
 * visitor_state - what is known of one client of the master. Internal to
 * visitor.c and request.c.
 */
#ifndef MUX_VISITOR_STATE_H
#define MUX_VISITOR_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "mux/packet.h"
#include "mux/shared_job.h"

struct mailbox;
struct prompter;
struct visitors;

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
	int fds[SHARED_JOB_FDS];   /* until a job has them; -1 */
	struct prompter *prompter; /* NULL: nothing was to be asked yet */

	struct shared_job *job; /* NULL: none yet, or no more */
	uint32_t session;       /* its number */
	time_t since;
	bool is_open;  /* the client knows that */
	bool has_told; /* that there is no terminal */
	bool is_done;  /* nothing more is heard from it: it goes once everything
			  was sent */
	bool is_gone;
};

#endif
