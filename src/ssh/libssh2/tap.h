/*
 * tap - what libssh2 hears but does not tell.
 *
 * libssh2 lets its user bring an allocator, and it hands every decrypted
 * packet back to that allocator when it is done with it. The tap is that
 * allocator: before a packet's memory goes, it notes the few facts that the
 * library's own interface drops:
 *
 *   - the methods that can continue, and the partial success flag, of a
 *     USERAUTH_FAILURE (RFC 4252 section 5.1); asking with another "none"
 *     would count as a failed attempt;
 *   - that an exit-status arrived at all, and exit-signal's message (RFC 4254
 *     section 6.10);
 *   - data that was received but can no longer be read, because a DISCONNECT
 *     came after it (docs/LIBSSH2.md);
 *   - that EXT_INFO came (RFC 8308), without which an RSA key is offered with
 *     SHA-1;
 *   - the server's own words in a CHANNEL_OPEN_FAILURE, and our number of the
 *     channel in a CONFIRMATION (section 5.1).
 *
 * If libssh2 ever frees packets differently, these facts are missing, and the
 * callers fall back to what the interface says. Banners (section 5.4) are not
 * freed before the session is: they are seen when libssh2 puts them into its
 * queue, that is, allocates an entry that points to them.
 *
 * As an allocator it also sees to it that a server cannot make us keep, or
 * libssh2 repeat, more than is good; and what libssh2 forgets to free it frees
 * in the end. Small blocks are wiped when freed: passwords pass through them.
 */
#ifndef SSH_LIBSSH2_TAP_H
#define SSH_LIBSSH2_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct tap_exit {
	bool has_status;
	uint32_t status;
	char *signal;  /* without "SIG"; NULL if none */
	char *message; /* as sent; not yet made visible */
};

/* What is known of one channel; streams are 0 (stdout) and 1 (stderr). */
struct tap_channel {
	struct tap_channel *next;
	uint32_t id; /* our number */
	struct tap_exit exit;
	uint64_t freed[2];  /* data bytes in packets that libssh2 is done with:
			       more than were read means that it dropped some */
	struct buf *rescue; /* two of them while rescuing, else NULL */
	uint64_t skip[2];   /* bytes of the next packets that were read */
};

struct tap {
	void *watched; /* a block; set to NULL when it is freed */
	struct tap_block *blocks;
	size_t used, used_most;   /* bytes in them, and how many may be */
	size_t n_spare;           /* of them with spare bytes */
	size_t fresh, fresh_most; /* likewise, since tap_note_progress() */
	bool is_deaf;       /* a packet was not authentic: none is looked at */
	bool has_logged_in; /* banners do not count any more */
	size_t n_odd;       /* packets in the queue that nobody will take */
	size_t n_extended;  /* and that are data of no ordinary stream */
	struct tap_block *young[2]; /* the last blocks made */
	struct buf banners;         /* that nobody has taken: as sent, one
				       after the other */
	struct tap_channel *channels;
	bool failure_seen; /* since it was last set to false */
	bool partial;
	char *methods;      /* of the last failure, comma-separated; or NULL */
	bool ext_info_seen; /* RFC 8308: libssh2 knows server-sig-algs now */
	bool open_seen;
	uint32_t open_channel; /* our number in the last CONFIRMATION */
	char *refusal;         /* text of the last OPEN_FAILURE, or NULL */
	uint32_t refusal_code;
};

/* Nothing was seen yet; so many bytes may be allocated (see above). */
void tap_init(struct tap *t, size_t used_most, size_t fresh_most);

/* Free what was noted, and what is left of the blocks; not the tap itself. */
void tap_clear(struct tap *t);

/* Take note of what is said about the channel with our number from now on;
 * the rest is ignored. Borrowed from the tap, until tap_forget(). */
struct tap_channel *tap_follow(struct tap *t, uint32_t id);
void tap_forget(struct tap *t, struct tap_channel *c); /* NULL is fine */

/* From now on add what libssh2 frees of the channel's data to rescue[0] and
 * rescue[1]; was_read says how many bytes of each stream were read. */
void tap_rescue(struct tap_channel *c, struct buf rescue[2],
		const uint64_t was_read[2]);

/* Note what a packet says; anything that is not one is ignored. */
void tap_packet(struct tap *t, const void *data, size_t len);

/* The allocator; freeing looks at the block first. Behind a new block there
 * are spare bytes that nobody should use but somebody may. NULL also when it
 * would be too much. */
void *tap_alloc(struct tap *t, size_t size, size_t spare);
void *tap_realloc(struct tap *t, void *block, size_t size);
void tap_free(struct tap *t, void *block);

/* libssh2 has got new input: it is not going round in circles. */
void tap_note_progress(struct tap *t);

/* Look at what has come into libssh2's queue. */
void tap_look(struct tap *t);

#endif
