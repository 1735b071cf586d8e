/*
 * client - the story of one configuration: a connection, the forwardings and
 * the job on it, and what it all comes to.
 *
 * A client is one of possibly many in a process: it owns its descriptors and
 * timers, keeps no globals, and never blocks. Its life is a table of stages
 * (client.c). When its connection has failed, its owner may have it begin
 * again: what listens here goes on listening meanwhile, and jump hosts that
 * still work stay.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <stdbool.h>

#include "base/step.h"
#include "client/event.h"

struct client;
struct client_guests;
struct conf;
struct console;
struct err;
struct forwards;
struct inherited;
struct key;
struct loop;
struct session;

/* All are borrowed, and outlive the client. */
struct client_params {
	struct loop *loop;
	const struct conf *conf;
	struct console *console;
	struct inherited *inherited;        /* sockets to listen on, or NULL */
	const struct client_guests *guests; /* or NULL */
	int fds[3]; /* input, output and errors of its job */
	/* A socket to a master in proxy mode, whose connection is its own;
	 * taken over. 0: none. */
	int shared;
	/* The session is there, for the first time. Returns 0, or -1 with e
	 * set, which ends it. */
	int (*settle)(void *arg, struct err *e);
	/* Once the session is there, in every turn: whatever the owner does on
	 * it by itself. NULL: it ends, and all channels must be freed. True:
	 * nothing is ready before that is done. */
	bool (*aside)(void *arg, struct session *s);
	/* Not to free it, nor to make it begin again. */
	void (*tell)(void *arg, enum client_event event);
	void *arg;
};

/* What is known of its connection. All borrowed, and good for this turn. */
struct client_facts {
	const char *name; /* what the user calls the host */
	const char *host, *user;
	int port;
	const char *address; /* NULL: not connected, or not by TCP */
	int address_port;
	const struct key *host_key; /* NULL: not verified yet */
	bool is_untrusted; /* it is the wrong one, and that was accepted */
	const char *login; /* NULL: not logged in yet */
	const struct forwards *forwards; /* NULL before the first login */
	bool has_status; /* the remote command has ended with this one */
	int remote_status;
	const char *remote_signal; /* or by this one; NULL: it has not */
};

/* RemoteCommand, or what stands after the destination; NULL: a shell, or
 * nothing. Borrowed. */
const char *client_command(const struct conf *o);

struct client *client_new(const struct client_params *p);
void client_free(struct client *c); /* NULL is fine */

/*
 * How far it got: STEP_AGAIN while it lives (run the loop), STEP_DONE with
 * *ret_status set to what the program should exit with, or STEP_FAIL with e
 * set.
 */
enum step client_result(struct client *c, int *ret_status, struct err *e);

void client_facts(const struct client *c, struct client_facts *ret_facts);

/* Have the owner's aside() called in this turn of the loop. */
void client_prod(struct client *c);

/* Ask the server again to listen where it has refused that for now. */
void client_hurry_forwards(struct client *c);

/* What the program exits with if this signal ends it: a deliberate end of
 * forwards (-N) is none to ssh. */
int client_signal_status(const struct conf *o, int signo);

/* A signal that ends it, as it ends ssh: the remote process gets it too. */
void client_signal(struct client *c, int signo);

/* Could another connection do what this one did? Not if a command may have been
 * started that nobody watches, or bytes of -W are on their way: nothing is done
 * twice. */
bool client_may_begin_again(const struct client *c);

/* Does it have a terminal, with somebody at it? */
bool client_is_attended(const struct client *c);

/* Does the next connection need answers that were given once, and not kept
 * (ReconnectKeepSecrets)? */
bool client_needs_answers(const struct client *c);

/* Why it has failed: a jump host's failure, if that is why. What the user was
 * told, or is to be told, is in client_result(). Borrowed. */
const struct err *client_reason(const struct client *c);

/* There is reason to doubt that the server is still there: look at once. */
void client_examine(struct client *c);

/* Let go of the connection, and if it was not lost, of the way there, too. What
 * listens here goes on, and client_result() says what it said. */
void client_drop(struct client *c);

/* With a new connection, from the beginning; after client_drop(). */
void client_begin_again(struct client *c);

#endif
