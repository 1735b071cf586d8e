/*
 * clear_text - what a server sends before the first keys are in use, read
 * before libssh2 gets it.
 *
 * Anybody on the way could have written it, and libssh2 1.11.1 keeps whatever
 * it does not expect there and believes it once keys are in use, accepts any
 * Diffie-Hellman value and group, and refuses RSA signatures without their
 * leading zeros. So it gets whole packets, of the few kinds that belong there,
 * and such signatures with their zeros. What follows the server's NEWKEYS goes
 * through untouched.
 */
#ifndef SSH_LIBSSH2_CLEAR_TEXT_H
#define SSH_LIBSSH2_CLEAR_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct err;
struct greeting;
struct negotiation;
struct wire;

/* What libssh2 puts in front of our key exchange methods: no methods. */
#define LIB_MARKERS "ext-info-c,kex-strict-c-v00@openssh.com"

struct clear_text {
	const struct negotiation *ours; /* borrowed: what we offer */
	struct greeting *greeting;      /* borrowed; filled here */
	bool is_over;                   /* the server's NEWKEYS came */

	struct buf bytes; /* all of it so far */
	size_t at;        /* up to where it was let through */
	bool has_offer;
	bool is_strict;       /* nothing but the key exchange may come */
	bool has_wrong_guess; /* one message that does not count comes first */
	bool has_reply;
	char *method;     /* of the key exchange */
	struct buf group; /* the prime of a group exchange */
};

void clear_text_init(struct clear_text *c, const struct negotiation *ours,
		     struct greeting *greeting);
void clear_text_clear(struct clear_text *c);

/*
 * Take in what the server has sent, and append what libssh2 may see to out;
 * once is_over, also what came behind the clear text, which is so many bytes.
 * Returns 0, or -1 with e set (ERR_PROTOCOL): then c is good for nothing more.
 */
int clear_text_take(struct clear_text *c, const struct wire *data,
		    struct buf *out, size_t *ret_encrypted, struct err *e);

#endif
