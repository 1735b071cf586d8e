/*
 * key_stream - the stream of AES in counter mode, made ahead by OpenSSL's own
 * cipher and applied in pieces, which are mostly of 16 bytes.
 */
#ifndef SSH_LIBSSH2_KEY_STREAM_H
#define SSH_LIBSSH2_KEY_STREAM_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define AES_BLOCK_BYTES 16
/* Key stream made at once, at most. Both directions have theirs in the first
 * level cache, with what they are applied to. */
#define KEY_STREAM_BYTES 4096

struct key_stream {
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *ctx;
	size_t at, len; /* bytes [at, len) of ahead are unused */
	unsigned char ahead[KEY_STREAM_BYTES];
};

/* name: OpenSSL's of a cipher in counter mode, found with the properties.
 * False if there is none. */
bool key_stream_init(struct key_stream *s, const char *name,
		     const char *properties);
void key_stream_clear(struct key_stream *s);

/* Begin anew with a key and a first counter block; each may be NULL: as
 * before. False if OpenSSL refuses. */
bool key_stream_start(struct key_stream *s, const unsigned char *key,
		      const unsigned char *counter);

/* Encrypt or decrypt any number of bytes, in place or not. */
bool key_stream_apply(struct key_stream *s, unsigned char *out,
		      const unsigned char *in, size_t len);

/* The same for one block, if so much is left. This runs once per 16 bytes:
 * nothing in it may take long. */
static inline bool
key_stream_apply_block(struct key_stream *s, unsigned char *out,
		       const unsigned char *in)
{
	uint64_t data[2], ahead[2];

	if (s->len - s->at < AES_BLOCK_BYTES)
		return false;
	memcpy(data, in, sizeof(data));
	memcpy(ahead, s->ahead + s->at, sizeof(ahead));
	data[0] ^= ahead[0];
	data[1] ^= ahead[1];
	memcpy(out, data, sizeof(data));
	s->at += AES_BLOCK_BYTES;
	return true;
}

#endif
