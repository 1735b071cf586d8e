/*
 * crossing - one connection that crosses the session: a channel at one side, a
 * local socket at the other, from the moment when somebody came in at one of
 * them to the moment when both directions are over.
 *
 * They all go the same way: there may be a prelude with whoever came (SOCKS, an
 * X11 cookie); then the other side is reached; it may be greeted; and then
 * bytes are carried, by a relay if nothing else is wanted. What is special
 * about a kind of forwarding is in its crossing_kind.
 */
#ifndef FORWARD_CROSSING_H
#define FORWARD_CROSSING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/step.h"

struct buf;
struct channel;
struct socket;
struct crossing;
struct err;
struct forward_end;
struct idle;
struct loop;
struct session;

/* Each function gets the state with which the crossing was made. NULL, but for
 * reach and type: there is nothing of the kind. */
struct crossing_kind {
	/*
	 * Look at all that whoever came has said so far, at first nothing;
	 * append the answers that are due. STEP_DONE: what is left in heard is
	 * for the other side. STEP_FAIL: answer, and close.
	 */
	enum step (*prelude)(void *state, struct buf *heard, struct buf *said);
	/* Begin to reach the other side, by a crossing_reach_ function. */
	void (*reach)(void *state, struct crossing *c);
	/* It was reached, or was not, with this errno: append what whoever came
	 * is told. */
	void (*answer)(void *state, int error, struct buf *said);
	/* Talk with the socket before anything is carried. STEP_FAIL: e says
	 * what the other side did. */
	enum step (*greet)(void *state, struct socket *socket,
			   struct channel *channel, struct err *e);
	/* The same instead of a relay; STEP_DONE: it is over. */
	enum step (*carry)(void *state, struct socket *socket,
			   struct channel *channel, struct err *e);
	/* The other side works (NULL), or does not: a sentence. */
	void (*note)(void *state, const char *why);
	/* The session ends, and nothing was heard from whoever came, whose
	 * socket is given back. NULL: it is closed. */
	void (*spare)(void *state, int fd);
	/* Which type of channel it is, as idle_watch() has it. */
	const char *(*type)(const void *state);
	/* It is over, c can still be asked: free the state. */
	void (*release)(void *state, const struct crossing *c);
};

/* The open ones of one owner, embedded there. */
struct crossings {
	const struct crossing_kind *kind;
	struct loop *loop;
	size_t most;             /* at a time; 0: no limit */
	int family;              /* AF_UNSPEC, AF_INET, AF_INET6 */
	struct idle *idle;       /* closes those that carry nothing; or NULL */
	void (*wake)(void *arg); /* a step may get further */
	void *arg;

	/* The rest is crossing.c's. */
	struct crossing *first; /* the last that came */
	size_t count;
	size_t n_connecting;
	bool is_opening;
	bool has_room_again;
};

/* Close and free all: the session ends. */
void crossings_clear(struct crossings *all);

/* May one more come from the server? No, while there are as many as may be, or
 * too many are connecting: each may take a process that looks a name up, and
 * the server says how many there are. */
bool crossings_have_room(const struct crossings *all);

/* Go on with all. Returns true if there is more to do at once. */
bool crossings_step(struct crossings *all);

/* Is the server opening a channel for one, as of the last step? */
bool crossings_are_opening(const struct crossings *all);

/* For each a line: indent, "to TARGET from ADDRESS port N (N bytes in, N bytes
 * out)", \r\n. */
void crossings_print(const struct crossings *all, const char *indent,
		     struct buf *out);

/* Somebody connected to a socket of ours: fd is taken over. */
void crossing_from_socket(struct crossings *all, void *state, int fd);

/* Somebody connected to the server: the channel is taken over. */
void crossing_from_channel(struct crossings *all, void *state,
			   struct channel *channel);

/* The other side is what the server connects to. */
void crossing_reach_there(struct crossing *c, struct session *session,
			  const struct forward_end *to);

/* It is what we connect to; a path is first tried in the abstract namespace
 * (is_abstract). */
void crossing_reach_here(struct crossing *c, const struct forward_end *to,
			 bool is_abstract);

/* Bytes carried so far, from the channel and to it. */
uint64_t crossing_bytes_in(const struct crossing *c);
uint64_t crossing_bytes_out(const struct crossing *c);

#endif
