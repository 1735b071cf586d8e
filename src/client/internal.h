/*
 * internal - what the files of client/ share and nobody else sees.
 */
#ifndef CLIENT_INTERNAL_H
#define CLIENT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/step.h"
#include "client/event.h"
#include "connect/target.h"
#include "forward/x11_cookie.h"
#include "job/job.h"

struct alive;
struct answering;
struct answers;
struct client_guests;
struct conf;
struct connection;
struct connection_params;
struct console;
struct fallback;
struct forwards;
struct hop;
struct idle;
struct inherited;
struct loop;
struct loop_task;
struct prompter;
struct session;
struct waiting;

struct client {
	/* from client_params */
	struct loop *loop;
	const struct conf *conf;
	struct console *console;
	struct inherited *inherited;
	bool is_shared; /* it has a master's connection ... */
	int shared;     /* ... by this socket; 0: it is the stream's */
	const struct client_guests *guests;
	int fds[3];
	int (*settle)(void *arg, struct err *e);
	bool (*aside)(void *arg, struct session *s);
	void (*tell)(void *arg, enum client_event event);
	void *arg;

	struct loop_task *turn;
	size_t stage; /* index into the table of stages */
	enum step result;
	struct err err;
	int status; /* exit status, once result is STEP_DONE */
	int signo;  /* a signal that ends us, or 0 */

	/* prepare */
	struct target target;
	const char *command; /* what to run; NULL: a shell or nothing */
	struct job_screen screen;
	struct prompter *connection_prompter, *job_prompter;
	struct answers *answers; /* of all connections and hops */
	struct answering *answering;
	struct x11_cookie x11_cookie; /* see job_params */
	struct idle *idle;            /* ChannelTimeout; NULL: none */
	bool has_run_local;           /* LocalCommand */
	struct hop *hop;              /* the way to the target; NULL: direct */
	bool is_given_up;             /* the connection was, and its way */
	struct forwards *forwards;    /* from the first session on */
	bool has_forwards;            /* all that were asked for were added */
	unsigned long n_changes;      /* of forwardings, that were told */
	bool is_settled;              /* the owner was told that it is there */

	/* One connection, and what goes with it. */
	struct connection *connection;
	struct waiting *waiting;   /* until the session is there */
	int n_told;                /* how far the connection got, as was told */
	struct fallback *fallback; /* while it is asking */
	struct job *job;           /* NULL with -N */
	struct alive *alive;
	bool is_asked; /* the session was asked for */
	bool is_early; /* the owner has something to do before it is ready */
	bool is_ready; /* and everything is there: it was told */
	bool is_committed; /* a command may have been started */
	bool has_guests;   /* they have entered */
	bool has_finished; /* the remote side ended by itself */
};

/* Have the stages looked at again in this turn of the loop; arg is the
 * client (the form that watchers want). */
void client_wake(void *arg);

/* The connection's session. */
struct session *client_session(const struct client *c);

/* What it waits for, for waiting.h. */
void client_waits_for(void *arg, char *text, int size);

/* Tell the owner. */
void client_tell(struct client *c, enum client_event event);

/* For connection_params.ahead: queue what may travel with the login. */
void client_go_ahead(void *arg, struct session *s);

/* Have the job's terminal, if it is to have one. */
void client_open_terminal(struct client *c);

/* Is there none, because guests do what it would? */
bool client_gives_job_away(const struct client *c);

/* Tell the guests that the session is gone, or will be; why is a sentence, or
 * NULL. */
void client_turn_guests_out(struct client *c, const char *why);

/* With the server silent for too long, STEP_FAIL; else STEP_AGAIN. */
enum step client_check_alive(const struct client *c, struct err *e);

/* A signal ends us, whatever we are doing. Always STEP_DONE. */
enum step client_end_by_signal(struct client *c);

/* The channel is closed and everything was delivered, or its time was over. */
enum step client_end_normally(struct client *c, struct err *e);

/* Say in p how the target is reached. Returns 0, or -1 with e set. */
int client_find_way(struct client *c, struct connection_params *p,
		    struct err *e);

/* The stages, each in a file of its own. */
enum step client_ask_terminal(struct client *c, struct err *e);
enum step client_open(struct client *c, struct err *e);
enum step client_relay(struct client *c, struct err *e);

#endif
