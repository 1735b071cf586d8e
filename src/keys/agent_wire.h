/*
 * agent_wire - the messages of the agent protocol (draft-ietf-sshm-ssh-agent)
 * that a client needs, and whoever passes on those of others. Pure: bytes in,
 * structs out.
 */
#ifndef KEYS_AGENT_WIRE_H
#define KEYS_AGENT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/wire.h"

struct err;
struct key;
struct secret;

struct agent_key {
	struct key *key; /* owned */
	char *comment;   /* owned, as the agent sent it */
};

struct agent_keys {
	struct agent_key *items;
	size_t len;
};

void agent_keys_clear(struct agent_keys *k);

/* A session that the agent serves: which host it is with, and that host's
 * signature of its identifier. */
struct agent_binding {
	struct wire host_key, session_id, signature;
	bool is_forwarding; /* others use the agent through the session */
};

/* Append a whole message, with its length, to out. */
void agent_put_list(struct buf *out);
void agent_put_bind(struct buf *out, const struct agent_binding *binding);
void agent_put_sign(struct buf *out, const struct key *key,
		    const char *algorithm, const void *data, size_t len);

/* What an agent is told to do with a key that it is given. */
struct agent_limits {
	uint32_t life;        /* seconds; 0: no limit */
	bool confirms;        /* ask before each use */
	const char *provider; /* of a security key; or NULL */
};

/* The key is as private_key_put() makes it; out must be one that is wiped. */
void agent_put_add(struct buf *out, const struct buf *key, const char *comment,
		   const struct agent_limits *limits);

/* A token's PIN, for an agent that is a copy of ourselves (auth/token.h); out
 * must be one that is wiped. */
void agent_put_log_in(struct buf *out, const char *token,
		      const struct secret *pin);

/* Append the answer that a refusing agent gives. */
void agent_put_failure(struct buf *out);

/* The longest message without its length, as in ssh-agent(1). */
#define AGENT_MESSAGE_MAX ((size_t)256 * 1024)

/*
 * Is a whole message at the front of the bytes? Returns its length including
 * the 4 bytes of length, 0 if more is needed, or -1 with e set if it is empty
 * or too long.
 */
long agent_message_len(const void *data, size_t len, struct err *e);

/* Does a whole message ask for a signature? Then *ret_key is the key's blob,
 * borrowed; it is empty if the message is malformed. */
bool agent_is_sign(const void *data, size_t len, const unsigned char **ret_key,
		   size_t *ret_key_len);

/* Parse a whole message. Keys of kinds that we do not know are left out. */
int agent_get_keys(const void *data, size_t len, struct agent_keys *ret_keys,
		   struct err *e);

/* Is it a plain "success"? */
int agent_get_success(const void *data, size_t len, struct err *e);

/* Append the inner signature (what follows the algorithm name) to sig; the
 * agent must have used the algorithm that was asked for. */
int agent_get_signature(const void *data, size_t len, const char *algorithm,
			struct buf *sig, struct err *e);

#endif
