/*
 * shared_keys - escape keys in a session of the master's client: those that act
 * on the session or its connection. What is about the client's own process
 * (~^Z,
 * ~&, ~C, ~v, ~V) cannot be had, as with ssh.
 */
#ifndef MUX_SHARED_KEYS_H
#define MUX_SHARED_KEYS_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct channel;
struct client_ground;
struct shared_keys;

struct shared_keys_params {
	const struct client_ground *ground;
	int escape; /* the key */
	int fd;     /* the client's terminal; borrowed */
};

struct shared_keys *shared_keys_new(const struct shared_keys_params *p);
void shared_keys_free(struct shared_keys *k); /* NULL is fine */

/* The session runs, on this channel; borrowed. k may be NULL. */
void shared_keys_attach(struct shared_keys *k, struct channel *c);

/* Something was typed: append to out what is to be sent. */
void shared_keys_typed(struct shared_keys *k, const void *data, size_t len,
		       struct buf *out);

/* Was the key one that ends the session? */
bool shared_keys_want_end(const struct shared_keys *k);

#endif
