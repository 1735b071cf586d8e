/*
 * private_key - private key files: OpenSSH's own format (PROTOCOL.key), PEM
 * (PKCS#1, SEC1) and PKCS#8, encrypted or not, and signing with what is in
 * them. Key material is wiped when it is freed.
 */
#ifndef KEYS_PRIVATE_KEY_H
#define KEYS_PRIVATE_KEY_H

#include <stdint.h>

#include "keys/private_result.h"

struct buf;
struct err;
struct key;
struct private_key;
struct secret;
struct wire;

/*
 * Load the key at path, decrypting it with passphrase (NULL: none). With
 * PRIVATE_OK *ret_key is a new key owned by the caller; otherwise e is set.
 * The text of PRIVATE_EXPOSED is ssh's whole "UNPROTECTED PRIVATE KEY FILE!"
 * warning (several lines). As in ssh, the permission test applies only to
 * files owned by the calling user.
 */
enum private_result private_key_load(const char *path,
				     const struct secret *passphrase,
				     struct private_key **ret_key,
				     struct err *e);

/* The same for a key already in memory (no permission test); name is what
 * messages call it. */
enum private_result private_key_parse(const struct wire *file, const char *name,
				      const struct secret *passphrase,
				      struct private_key **ret_key,
				      struct err *e);

/*
 * The public half, as far as the private file tells it without a passphrase:
 * always for OpenSSH's format, for PEM and PKCS#8 only when not encrypted
 * (PRIVATE_ENCRYPTED otherwise). *ret_public is owned by the caller;
 * *ret_comment (may be NULL) too, and is "" where there is none. The
 * permission test is not made here.
 */
enum private_result private_key_peek(const char *path, struct key **ret_public,
				     char **ret_comment, struct err *e);

void private_key_free(struct private_key *k);

/* Borrowed from the key. */
const struct key *private_key_public(const struct private_key *k);

/* Borrowed from the key; "" if its file has none. */
const char *private_key_comment(const struct private_key *k);

/* Of a security key's: what the device knows it by, and what it wants of the
 * user before it signs (PROTOCOL.u2f). Borrowed from the key. */
void private_key_sk(const struct private_key *k, struct wire *ret_handle,
		    uint8_t *ret_flags);

/*
 * Append the whole key, with its certificate (NULL: none), as an agent takes
 * it; out must be one that is wiped. Returns 0, or -1 with e set.
 */
int private_key_put(const struct private_key *k, const struct key *cert,
		    struct buf *out, struct err *e);

/*
 * Sign data, not for security keys. algorithm is an SSH signature algorithm,
 * certificate forms included (rsa-sha2-512-cert-v01@openssh.com signs as
 * rsa-sha2-512). What is appended to sig is the inner signature only: the bytes
 * that follow the algorithm name inside the "string signature" of RFC 4253
 * section 6.6 (for ECDSA the two mpints of RFC 5656 section 3.1.2). Returns 0,
 * or -1 with e set.
 */
int private_key_sign(const struct private_key *k, const char *algorithm,
		     const struct wire *data, struct buf *sig, struct err *e);

#endif
