/*
 * kex - the key exchange methods: RFC 4253 section 8, 4419, 5656, 8268, 8731
 * and draft-ietf-sshm-mlkem-hybrid-kex, the client's side.
 *
 * Messages in, messages out: nothing here sends, and the host key and the
 * signature are handed out as they came. Whoever drives the exchange verifies
 * them before a key is used.
 */
#ifndef SSH_NATIVE_KEX_H
#define SSH_NATIVE_KEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/step.h"
#include "base/wire.h"

struct buf;
struct err;
struct kex;

/* Of the longest hash, SHA-512. */
enum { KEX_HASH_MAX = 64 };

/* An exchange with an ephemeral key of our own, owned by the caller. NULL with
 * e set if the method is not known or libcrypto fails. */
struct kex *kex_new(const char *name, struct err *e);

/* NULL is fine. Everything secret is wiped. */
void kex_free(struct kex *k);

/* How many bits of strength the ciphers and MACs want: the size of the group
 * that group exchange asks for follows from it. Before kex_start(); 256 without
 * it. */
void kex_set_strength(struct kex *k, unsigned int bits);

/* Append the payload of our first message, type byte first. */
void kex_start(struct kex *k, struct buf *ret_payload);

/* Is a message of this type the next one of the exchange? */
bool kex_expects(const struct kex *k, uint8_t type);

/* What both sides said before: the exchange hash begins with it. The
 * identifications are without CR LF, the payloads of both KEXINIT whole. */
struct kex_transcript {
	const char *client_id, *server_id;
	struct wire client_init, server_init;
};

/*
 * Take the server's message, type byte included. STEP_AGAIN: the exchange goes
 * on, and what was appended to ret_payload is to be sent. STEP_DONE:
 * kex_get_result() and kex_derive() can be called. STEP_FAIL: e says what is
 * wrong with the message (ERR_PROTOCOL), and the exchange is of no use any
 * more.
 */
enum step kex_receive(struct kex *k, const struct wire *payload,
		      const struct kex_transcript *t, struct buf *ret_payload,
		      struct err *e);

/* Borrowed from the exchange. */
struct kex_result {
	struct wire host_key, signature; /* the blobs as they were sent */
	struct wire hash;                /* the exchange hash, H */
};

void kex_get_result(const struct kex *k, struct kex_result *ret_result);

/*
 * Append len bytes of key material (RFC 4253 section 7.2) for the letter, 'A'
 * to 'F', to ret_key, which should have wipe set. Returns 0, or -1 with e set
 * if libcrypto failed.
 */
int kex_derive(const struct kex *k, char letter, const struct wire *session_id,
	       size_t len, struct buf *ret_key, struct err *e);

#endif
