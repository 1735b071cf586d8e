/*
 * token_keys - the keys of smartcards and other tokens, through a PKCS #11
 * library. For the copy of ourselves that has loaded it (token.h): its faults
 * are its own, and it may take its time.
 */
#ifndef AUTH_TOKEN_KEYS_H
#define AUTH_TOKEN_KEYS_H

#include <stdint.h>

#include "base/wire.h"

struct agent_keys;
struct buf;
struct err;
struct secret;
struct token_keys;

/* Load the library, and find the keys that its tokens show. NULL with e set. */
struct token_keys *token_keys_open(const char *library, struct err *e);

/* The keys; a comment is the key's own name, a tab, and the token's; only the
 * first where the token's reader asks for the PIN itself. */
void token_keys_list(const struct token_keys *t, struct agent_keys *ret);

/* Log in to every token of that name. Returns 0, or -1 with e set. */
int token_keys_log_in(struct token_keys *t, const char *token,
		      const struct secret *pin, struct err *e);

/*
 * Append the whole signature of data with the key of that blob: for RSA with
 * the hash that the agent protocol's flags ask for. Returns 0, or -1 with e
 * set: perhaps a PIN is needed first.
 */
int token_keys_sign(struct token_keys *t, const struct wire *blob,
		    const struct wire *data, uint32_t flags, struct buf *sig,
		    struct err *e);

#endif
