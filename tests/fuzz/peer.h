/*
 * peer - a small SSH server in this process, for fuzzing the client: it
 * exchanges keys in earnest, always with the same host key and algorithms, and
 * wraps whatever payload it is given into a packet that the client believes.
 * What the messages mean is its owner's business.
 */
#ifndef TESTS_FUZZ_PEER_H
#define TESTS_FUZZ_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct peer;
struct wire;

#define PEER_KEX "curve25519-sha256"
#define PEER_HOST_KEY "ssh-ed25519"

/* Everything is borrowed. */
struct peer_params {
	const char *cipher, *mac;
	bool compression;  /* zlib@openssh.com */
	bool is_strict;    /* offers strict key exchange */
	bool has_ext_info; /* sends EXT_INFO with its first NEWKEYS */
	/* a payload that is not about keys, type included */
	void (*receive)(void *arg, const struct wire *payload);
	void *arg;
};

/* Takes over fd, a non-blocking socket. Says its identification and KEXINIT at
 * once. */
struct peer *peer_new(int fd, const struct peer_params *p);
void peer_free(struct peer *p);

/* Take what the client has sent. False once it has gone, or said what is no
 * SSH or not encrypted with the right keys. */
bool peer_read(struct peer *p);

/* Queue a packet; an empty payload is none. */
void peer_send(struct peer *p, const void *payload, size_t len);

/* Queue bytes as they are. */
void peer_send_raw(struct peer *p, const void *data, size_t len);

/* Invert a bit of the byte that is so far from the end of what is queued. */
void peer_spoil(struct peer *p, size_t distance);

/* Begin an exchange of keys, unless one is going on. */
void peer_rekey(struct peer *p);

/* Send at most so many bytes of what is queued. */
void peer_flush(struct peer *p, size_t most);

/* Send nothing any more, and close. */
void peer_hang_up(struct peer *p);

/* Are the packets of both directions protected? */
bool peer_has_keys(const struct peer *p);

/* Bytes that went in and out so far: it lives if this changes. */
uint64_t peer_traffic(const struct peer *p);

/* Is something queued? */
bool peer_has_queue(const struct peer *p);

#endif
