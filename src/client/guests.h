/*
 * guests - others than the client's own job, for whom something is done on its
 * connection (mux/). The client knows them as hooks only: it tells them that
 * there is a session, lets them take a step in each of its turns, and goes on
 * while they want it to.
 */
#ifndef CLIENT_GUESTS_H
#define CLIENT_GUESTS_H

#include <stdbool.h>

struct conf;
struct err;
struct forwards;
struct idle;
struct loop;
struct session;
struct x11_cookie;

/* What a client has to offer. Borrowed, until they are told to leave. */
struct client_ground {
	struct loop *loop;
	const struct conf *conf;
	struct session *session;
	struct forwards *forwards;
	struct idle *idle;             /* ChannelTimeout; or NULL */
	struct x11_cookie *x11_cookie; /* see job_params */
	const char *host;              /* by name */
	const char *agent_path;  /* ForwardAgent's, if it names none; or NULL */
	const char *login_text;  /* how we got in */
	bool is_untrusted;       /* the server gets no agent and no display */
	void (*wake)(void *arg); /* have the client take a turn */
	void *arg;
};

enum guests_wish {
	GUESTS_IDLE,  /* nobody needs the connection */
	GUESTS_STAY,  /* somebody does */
	GUESTS_LEAVE, /* the client is to end, whatever it does itself */
};

struct client_guests {
	/* Will they do what the user wants, in place of a job of the client's?
	 * Asked before there is a session, and after enter(). */
	bool (*take_job)(const void *arg);
	/* We are logged in. Returns 0, or -1 with e set, which ends the
	 * client. */
	int (*enter)(void *arg, const struct client_ground *g, struct err *e);
	/* Go on with everything. Returns true if there is more to do at once.
	 * As for whoever is in a session's turn. */
	bool (*step)(void *arg);
	enum guests_wish (*wish)(const void *arg);
	/* The session is gone, or will be; why is a sentence, or NULL. Nothing
	 * is done if they have not entered. */
	void (*leave)(void *arg, const char *why);
	void *arg;
};

#endif
