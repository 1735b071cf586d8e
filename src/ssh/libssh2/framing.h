/*
 * framing - where AES-GCM's packets begin and end: their length is the only
 * part that is not encrypted (RFC 5647 section 7.3).
 *
 * libssh2 1.11.1 aborts the process when a length is no multiple of the
 * cipher's block, before it looks at the tag. One wrong bit is enough for
 * that; so lengths are looked at first.
 */
#ifndef SSH_LIBSSH2_FRAMING_H
#define SSH_LIBSSH2_FRAMING_H

#include <stddef.h>

struct framing {
	unsigned char head[4]; /* of a length of which a part is there */
	size_t n_head;
	size_t left; /* bytes of the packet that are still to come */
};

/* Follow the packets through what has arrived. Returns 0, or -1 with the first
 * length that cannot be in ret_bad. */
int framing_follow(struct framing *f, const void *data, size_t len,
		   unsigned *ret_bad);

#endif
