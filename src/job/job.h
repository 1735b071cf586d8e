/*
 * job - what is done on a connection: one channel, from its request to its
 * exit. A command, a shell or a subsystem with its services (a pty, X11, an
 * agent ...), or the one connection of -W.
 *
 * A job owns its channel and its copies of three descriptors. A connection may
 * carry several; a job ends before its session does.
 */
#ifndef JOB_JOB_H
#define JOB_JOB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/asker.h"
#include "base/step.h"

struct buf;
struct channel;
struct conf;
struct err;
struct idle;
struct job;
struct loop;
struct session;
struct stdio;
struct x11_cookie;

enum job_kind {
	JOB_SESSION, /* a shell, a command, a subsystem */
	JOB_STDIO,   /* -W */
};

/* A terminal on this side. */
struct job_screen {
	/* Ask for a pty on the channel. */
	void (*request_pty)(void *arg, struct channel *c);
	/* What was typed; appends to out what is to be sent. */
	void (*typed)(void *arg, const void *data, size_t len, struct buf *out);
	/* What was written to the output. */
	void (*shown)(void *arg, const void *data, size_t len);
	void *arg;
};

struct job_params {
	struct loop *loop;
	struct session *session;
	const struct conf *conf;
	enum job_kind kind;
	const char *command;    /* NULL: a shell */
	const char *agent_path; /* ForwardAgent's, if it names none; or NULL */
	bool is_untrusted;      /* the server gets no agent and no display */
	int fds[3];             /* borrowed: copies are made */
	const struct job_screen *screen; /* NULL: no terminal */
	struct asker asker;              /* ForwardAgentConfirm */
	struct idle *idle;               /* ChannelTimeout; or NULL */
	/* The display's, of all jobs on the connection: which of them a program
	 * there belongs to is not known. The first to have one sets it; all
	 * zero before. Or NULL. */
	struct x11_cookie *x11_cookie;
	void (*wake)(void *arg); /* a step may get further */
	void *arg;
};

/* Queue the opening of its channel. What p points to must outlive the job. */
struct job *job_new(const struct job_params *p);
void job_free(struct job *j); /* NULL is fine */

/* Queue everything that is asked on the channel, if that was not done. */
void job_request(struct job *j);

/* Is what was asked for there? A refusal is STEP_FAIL, with ssh's words.
 * CommandTimeout counts from the first call on, after which job_is_hasty() may
 * say that it is not waited for any more. */
enum step job_open_step(struct job *j, struct err *e);

/* It is: from here on bytes move. Returns 0, or -1 with e set. */
int job_start(struct job *j, struct err *e);

/* Move bytes, and go on with the services. Returns true if there is more to do
 * at once. */
bool job_step(struct job *j);

/* Would a step change nothing? What else there is to be done wakes it. So that
 * many that only wait cost nothing. */
bool job_is_quiet(const struct job *j);

/* Everything that the channel had to say was written, or cannot be. */
bool job_is_drained(const struct job *j);

/* Is it over? A server that does not say so is not waited for for ever. */
bool job_is_over(struct job *j);

/* And is nothing else to be waited for, such as connections that are still
 * open? Its time was up (CommandTimeout, ExitGrace). */
bool job_is_hasty(const struct job *j);

/* It is over: STEP_DONE with the status to exit with; or STEP_FAIL, e says
 * which signal ended the remote command, or that it was refused after all. */
enum step job_result(struct job *j, int *ret_status, struct err *e);

/* Connections open now, for the services. */
size_t job_connections(const struct job *j);

/* Tell the remote process of a signal. */
void job_signal(struct job *j, int signo);

/* Nobody reads or writes any more: close the channel, and our copies of the
 * descriptors. The services go on. */
void job_abandon(struct job *j);

struct channel *job_channel(const struct job *j); /* borrowed */

/* Borrowed; NULL before job_start(), and after job_abandon(). */
struct stdio *job_stdio(const struct job *j);

#endif
