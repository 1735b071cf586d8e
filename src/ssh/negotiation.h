/*
 * negotiation - the algorithm lists of RFC 4253 section 7.1: what the server
 * offered in clear text, what two lists agree on, and which list failed.
 *
 * Of libssh2 it is known that it only says "unable to exchange encryption
 * keys", and crashes when the two directions agree on ciphers of different
 * kinds; so the server's first offer is read before libssh2 sees it.
 */
#ifndef SSH_NEGOTIATION_H
#define SSH_NEGOTIATION_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct wire;

/* In the order of the KEXINIT message. */
enum negotiation_list {
	NEGOTIATION_KEX,
	NEGOTIATION_HOST_KEY,
	NEGOTIATION_CIPHER_OUT, /* client to server */
	NEGOTIATION_CIPHER_IN,
	NEGOTIATION_MAC_OUT,
	NEGOTIATION_MAC_IN,
	NEGOTIATION_COMPRESSION_OUT,
	NEGOTIATION_COMPRESSION_IN,
	NEGOTIATION_LISTS,
};

/* One side's offer; each list is comma-separated. */
struct negotiation {
	char *lists[NEGOTIATION_LISTS]; /* owned */
};

void negotiation_clear(struct negotiation *n);

/* Take the lists out of the payload of a KEXINIT, whose type and cookie were
 * read. Returns 0, or -1 with e set (ERR_PROTOCOL). */
int negotiation_parse(struct wire *w, struct negotiation *ret_offer,
		      struct err *e);

/* What the server said before the first key exchange. */
struct greeting {
	size_t n_lines;           /* before the identification string */
	char *first_line;         /* of them; or NULL */
	char *identification;     /* "SSH-2.0-..."; NULL until it came */
	size_t identification_at; /* where it starts, then */
	struct negotiation offer; /* once has_offer */
	bool has_offer;
	size_t parsed; /* bytes that need not be looked at again */
};

void greeting_clear(struct greeting *g);

/*
 * Read the clear text that a server has sent so far, from its first byte: any
 * lines, the identification string, and packets up to the first offer.
 * Returns 0 (call again with more while has_offer is false), or -1 with e set
 * (ERR_PROTOCOL) when this can no longer become an SSH server's greeting; g is
 * then good for nothing but to be looked at and cleared.
 */
int greeting_parse(struct greeting *g, const void *data, size_t len,
		   struct err *e);

/*
 * The part of it that reads the lines: identification is set once its line is
 * complete, and then parsed tells where what follows begins. Who needs what is
 * before that no longer may drop it, and set parsed to 0. Returns 0, or -1 with
 * e set.
 */
int greeting_identify(struct greeting *g, const void *data, size_t len,
		      struct err *e);

/* The first name in ours that is in theirs (RFC 4253 section 7.1) as an owned
 * string, or NULL. */
char *negotiation_agree(const char *ours, const char *theirs);

/*
 * What our lists and theirs agree on: a name for each list, but none for a MAC
 * that the cipher brings itself. Returns 0, or -1 with e set (ERR_PROTOCOL), in
 * ssh's words with both lists: "no matching cipher found. Their offer: ...".
 */
int negotiation_settle(const struct negotiation *ours,
		       const struct negotiation *theirs,
		       struct negotiation *ret_agreed, struct err *e);

/* Does a comma-separated list hold the name? */
bool negotiation_list_has(const char *list, const char *name);

/*
 * The same for libssh2, which can do less. Returns 0 if every list agrees
 * and both directions agree on the same; otherwise -1 with e set
 * (ERR_PROTOCOL). An offer that would crash libssh2 is an error too.
 */
int negotiation_check(const struct negotiation *ours,
		      const struct negotiation *theirs,
		      struct negotiation *ret_agreed, struct err *e);

#endif
