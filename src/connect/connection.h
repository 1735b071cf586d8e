/*
 * connection - one attempt to reach a target, and what it comes to: a session
 * with a verified host, in which we are logged in.
 *
 * A connection has no globals, no descriptor with a number that matters, and no
 * idea of what it is for: it asks through the asker that it is given, and lets
 * its owner queue what may travel with the login. Its life is a table of stages
 * (connection.c). It may be one of many.
 */
#ifndef CONNECT_CONNECTION_H
#define CONNECT_CONNECTION_H

#include <stdbool.h>

#include "base/asker.h"
#include "base/step.h"

struct connection;
struct err;
struct key;
struct loop;
struct session;
struct stream;
struct target;

struct connection_params {
	struct loop *loop;
	struct target *target; /* borrowed; what is learnt is noted there */
	struct asker asker;
	/* The host is verified, and this server lets things travel with the
	 * login: queue what the session begins with
	 * (session_allow_early_open). */
	void (*ahead)(void *arg, struct session *s);
	void (*wake)(void *arg); /* a step may get further */
	/* The way there, if it is not the target's to say: as
	 * connection_step(), and the stream is the connection's. Or NULL. */
	enum step (*reach)(void *arg, struct stream **ret_stream,
			   struct err *e);
	void *arg;         /* for these */
	bool runs_command; /* with a terminal or without: UpdateHostKeys does
			      not ask */
};

/* p is copied. Never fails. */
struct connection *connection_new(const struct connection_params *p);
void connection_free(struct connection *c); /* NULL is fine */

/* STEP_DONE: the host is verified and we are logged in. STEP_FAIL: e says why
 * not. */
enum step connection_step(struct connection *c, struct err *e);

/* How far it got. */
enum connection_progress {
	CONNECTION_BEGUN,
	CONNECTION_REACHED,
	CONNECTION_VERIFIED,
	CONNECTION_LOGGED_IN,
};
enum connection_progress connection_progress(const struct connection *c);

/* What it waits for now, for a person. Static. */
const char *connection_waits_for(const struct connection *c);

/* It has failed: is it worth another attempt, because of a step that was taken
 * before its time (fast_open.h)? Then the target says that none is to be. */
bool connection_should_retry(struct connection *c);

/* What it is for is there, or the login alone: remember what was learnt, and
 * begin what the connection does for itself (RekeyLimit, UpdateHostKeys). */
void connection_settle(struct connection *c);

/* Take a turn at that. */
void connection_serve(struct connection *c);

/* Has it begun something that the end should wait for? */
bool connection_is_busy(const struct connection *c);

/* May what is queued go out? Not while the host is not verified. */
bool connection_may_send(const struct connection *c);

/* NULL until the host is reached. Borrowed. */
struct session *connection_session(const struct connection *c);

/* Borrowed; NULL before it was received. */
const struct key *connection_host_key(const struct connection *c);

/* Connected in spite of a wrong host key: nothing may be entrusted to it. */
bool connection_is_untrusted(const struct connection *c);

/* How we got in, for the user. Borrowed; NULL before. */
const char *connection_login_text(const struct connection *c);

/* Set e to what became of a connection that ended. Always STEP_FAIL. */
enum step connection_lost(const struct connection *c, struct err *e);

#endif
