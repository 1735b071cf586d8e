/*
 * kex_method - the table of key exchange methods: what each is made of.
 */
#ifndef SSH_NATIVE_KEX_METHOD_H
#define SSH_NATIVE_KEX_METHOD_H

#include <stdbool.h>
#include <stddef.h>

enum kex_kind {
	KEX_GROUP,          /* Diffie-Hellman in a well-known group */
	KEX_GROUP_EXCHANGE, /* in one that the server chooses */
	KEX_CURVE,
	KEX_HYBRID, /* a key encapsulation and a curve: both must break */
};

struct kex_method {
	const char *name;
	enum kex_kind kind;
	const char *hash; /* this and what follows as libcrypto calls it */
	const char *curve;
	const char *kem;
	size_t ciphertext_len; /* of the encapsulation */
	int group;             /* a number that agreement_group() knows */
};

/* Every method known, comma-separated, best first; those with SHA-1 are the
 * last. Static. */
const char *kex_method_names(void);

/* Do we know the method, and has this libcrypto what it takes? */
bool kex_method_is_supported(const char *name);

/* Static, or NULL if the method is not known. */
const struct kex_method *kex_method_find(const char *name);

#endif
