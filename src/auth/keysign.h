/*
 * keysign - has ssh-keysign(8) sign with this machine's own host key, which
 * only it may read. Its conversation is ssh's, version 2; it looks at the
 * connection's socket for itself.
 */
#ifndef AUTH_KEYSIGN_H
#define AUTH_KEYSIGN_H

#include <stddef.h>

#include "base/step.h"

struct buf;
struct err;
struct keysign;
struct loop;

struct keysign_params {
	struct loop *loop;
	int socket; /* of the connection, borrowed */
	void (*wake)(void *arg);
	void *arg;
};

/* Start it with the data to sign (RFC 4252 section 9). NULL with e set. */
struct keysign *keysign_new(const struct keysign_params *p,
			    const struct buf *data, struct err *e);

/* Ends it; NULL is fine. */
void keysign_free(struct keysign *k);

/* STEP_DONE: the signature, a whole blob, was appended. STEP_FAIL: e is set;
 * ssh-keysign has said on stderr what it thinks. */
enum step keysign_step(struct keysign *k, struct buf *ret_signature,
		       struct err *e);

#endif
