/*
 * key - a public key or certificate as it travels: the wire blob of RFC 4253
 * section 6.6 (certificates: OpenSSH's PROTOCOL.certkeys), what can be read
 * from it, and the ways people see it (type names, fingerprints, randomart).
 *
 * Blobs come from servers, agents and files: parsing checks every length and
 * refuses what it does not understand.
 */
#ifndef KEYS_KEY_H
#define KEYS_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keys/cert.h"

struct err;
struct wire;

enum key_type {
	KEY_RSA,
	KEY_ECDSA_256,
	KEY_ECDSA_384,
	KEY_ECDSA_521,
	KEY_ED25519,
	KEY_ECDSA_SK,
	KEY_ED25519_SK,
	KEY_OTHER, /* well-formed, of a type that we do not use (ssh-dss) */
};

struct key {
	enum key_type type;
	char *name; /* of the blob: "ssh-rsa",
		       "ssh-ed25519-cert-v01@openssh.com" */
	unsigned char *blob;
	size_t len;
	struct key_cert *cert; /* NULL in a plain key */
};

/* Let libcrypto do now, while there is nothing else to do, what it would do at
 * its first use: read its configuration, look algorithms up, get random bytes.
 * It takes some 3 ms. */
void key_warm_up(void);

void key_free(struct key *k); /* NULL is fine */

/*
 * Returns a new key owned by the caller, or NULL with e set (ERR_PROTOCOL).
 * RSA keys must have 1024 to 16384 bits.
 */
struct key *key_from_blob(const void *blob, size_t len, struct err *e);

/* The same, but a certificate is an error. */
struct key *key_from_plain_blob(const void *blob, size_t len, struct err *e);

/*
 * Parse "type base64 [comment]" (a line of a .pub file, or the key part of a
 * known_hosts line). The type must be the one inside the blob, or an
 * algorithm for it (rsa-sha2-256). ret_comment
 * (may be NULL) becomes an owned string, "" if there is none. Text ends at
 * the first line break. Returns NULL with e set (ERR_LOCAL) if it is no key.
 */
struct key *key_from_text(const char *text, char **ret_comment, struct err *e);

/* Is the text an RSA key all right, but one that key_from_text() does not take
 * because it is too short? */
bool key_text_is_weak(const char *text);

/* The first key in a public key file (.pub, -cert.pub). */
struct key *key_load_public(const char *path, char **ret_comment,
			    struct err *e);

/* The base64 of the blob; the caller frees it. */
char *key_base64(const struct key *k);

bool key_equal(const struct key *a, const struct key *b);

/* Are both the same plain key, looking into certificates? */
bool key_equal_plain(const struct key *a, const struct key *b);

/* The plain key inside a certificate as a new key (a copy, for a plain key). */
struct key *key_plain(const struct key *k);

/* What follows the type name in the plain blob, borrowed from the key: known to
 * be well-formed. */
void key_get_fields(const struct key *k, struct wire *ret_fields);

/* "RSA", "ECDSA", "ED25519", "ED25519-SK", with "-CERT" for a certificate, as
 * ssh shows it. Static; for KEY_OTHER it is "UNKNOWN" (or "DSA"). */
const char *key_type_name(const struct key *k);

/* Is its secret half in a security key? */
bool key_is_sk(const struct key *k);

/* Key size in bits as ssh-keygen -l shows it; 0 if unknown. */
int key_bits(const struct key *k);

enum key_hash {
	KEY_HASH_SHA256,
	KEY_HASH_MD5,
	KEY_HASH_SHA1,
	KEY_HASH_SHA384,
	KEY_HASH_SHA512,
};

/* "SHA256:..." without padding, or "MD5:aa:bb:..."; of a certificate, that of
 * its plain key as ssh does. The caller frees it. */
char *key_fingerprint(const struct key *k, enum key_hash hash);

/* The 11 lines of ssh-keygen's randomart, each ended by "\n" but the last.
 * The caller frees it. */
char *key_randomart(const struct key *k, enum key_hash hash);

/*
 * The signature algorithm names that a key can be used with, best first:
 * rsa-sha2-512, rsa-sha2-256, ssh-rsa for RSA; with the -cert-v01@openssh.com
 * forms for a certificate; otherwise the type name itself. NULL-terminated,
 * static.
 */
const char *const *key_algorithms(const struct key *k);

/* The plain key type name behind a signature algorithm: rsa-sha2-512 and
 * rsa-sha2-512-cert-v01@openssh.com are both "ssh-rsa". Static, or NULL for a
 * name that we do not know. */
const char *key_algorithm_key_name(const char *algorithm);

/* The algorithm that a signature names, which is never that of a certificate:
 * rsa-sha2-512 for both rsa-sha2-512 and rsa-sha2-512-cert-v01@openssh.com.
 * Static, or NULL for a name that we do not know. */
const char *key_algorithm_plain(const char *algorithm);

#endif
