/*
 * algorithms - which algorithms to offer: our modern defaults, the user's
 * list with ssh's + - ^ syntax, and what the engine really has.
 */
#ifndef SSH_ALGORITHMS_H
#define SSH_ALGORITHMS_H

#include <stdbool.h>

#include "ssh/session.h"

struct err;

enum algorithm_kind {
	ALGORITHM_KEX,
	ALGORITHM_HOST_KEY,
	ALGORITHM_CIPHER,
	ALGORITHM_MAC,
	ALGORITHM_SIGNATURE,    /* PubkeyAcceptedAlgorithms */
	ALGORITHM_CA_SIGNATURE, /* of who signs certificates */
};

/* All signatures that we know, which is all host keys, too, in the order in
 * which ssh has them: that of what a pattern selects. */
extern const char algorithms_signatures[];

/*
 * Turn a list from the user (NULL: our default) into a plain comma-separated
 * list: "+a,b" appends, "-a*" removes, "^a" puts in front of the default;
 * wildcards select from what we have. Names unknown to the engine are dropped
 * with a debug message. Returns an owned string, or NULL with e set
 * (ERR_CONF), saying what there is, if nothing is left.
 */
char *algorithms_resolve(enum session_engine engine, enum algorithm_kind kind,
			 const char *list, struct err *e);

/* All names of a kind that the engine has and hawser would use if asked,
 * comma-separated; the caller frees it. */
char *algorithms_supported(enum session_engine engine,
			   enum algorithm_kind kind);

/*
 * Is AES-GCM the fastest cipher that there is? It is where the processor has
 * instructions for it; settings is what OpenSSL says of the processor
 * (OPENSSL_info(OPENSSL_INFO_CPU_SETTINGS)), or NULL.
 */
bool algorithms_gcm_is_fast(const char *settings);

/* Is the key exchange method, of any engine, safe from a quantum computer to
 * come? */
bool algorithms_is_post_quantum(const char *kex);

#endif
