/*
 * peer_keys - the peer's half of a key exchange (RFC 8731): its answer, signed
 * with its constant host key, and the keys that follow (RFC 4253 section 7.2).
 */
#ifndef TESTS_FUZZ_PEER_KEYS_H
#define TESTS_FUZZ_PEER_KEYS_H

struct buf;
struct packet_keys;
struct peer_keys;
struct wire;

/* What both said before. */
struct peer_transcript {
	const char *server_id;
	const struct buf *client_id, *client_init, *server_init;
};

/* From the client's message, whose type was read. Appends ours, but its type,
 * to answer. NULL if the client's is none. */
struct peer_keys *peer_keys_new(struct wire *theirs,
				const struct peer_transcript *t,
				struct buf *answer);
void peer_keys_free(struct peer_keys *k); /* NULL is fine */

/* Append the exchange hash. */
void peer_keys_get_hash(const struct peer_keys *k, struct buf *ret_hash);

/* Set iv, key and mac_key of ret, whose names are set, to what follows for
 * these three letters. It is in material, an empty buf of the caller's. */
void peer_keys_derive(const struct peer_keys *k, const char letters[3],
		      const struct buf *session_id, struct packet_keys *ret,
		      struct buf *material);

#endif
