/*
 * chacha - the parts of chacha20-poly1305@openssh.com (OpenSSH's
 * PROTOCOL.chacha20poly1305), which is not RFC 8439: the length is encrypted
 * with a key of its own, and the tag is over both as they are on the wire.
 */
#ifndef SSH_NATIVE_CHACHA_H
#define SSH_NATIVE_CHACHA_H

#include <stddef.h>
#include <stdint.h>

enum { CHACHA_KEY_LEN = 64, CHACHA_TAG_LEN = 16 };

struct chacha;

/* key has CHACHA_KEY_LEN bytes, borrowed. NULL where libcrypto lacks it. */
struct chacha *chacha_new(const unsigned char *key);
void chacha_free(struct chacha *c);

/* Decrypt the four bytes of a packet's length, which stay as they are; nothing
 * says that they are right. 0 or -1. */
int chacha_open_length(struct chacha *c, uint32_t sequence,
		       const unsigned char *packet,
		       unsigned char ret_length[4]);

/* Encrypt a packet of len bytes with its length in front, where it is; the tag
 * goes behind it. 0 or -1. */
int chacha_seal(struct chacha *c, uint32_t sequence, unsigned char *packet,
		size_t len);

/* Check the tag behind the packet; if it is right, decrypt all but the length.
 * 0 or -1. */
int chacha_open(struct chacha *c, uint32_t sequence, unsigned char *packet,
		size_t len);

#endif
