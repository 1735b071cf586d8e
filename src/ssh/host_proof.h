/*
 * host_proof - what the host signed to prove which one it is: the first key
 * exchange, which an agent can be told of, and the other host keys that it
 * tells of after the login (OpenSSH's PROTOCOL, section 2.5).
 *
 * Only with SESSION_HOST_PROOF; all that is returned is borrowed.
 */
#ifndef SSH_HOST_PROOF_H
#define SSH_HOST_PROOF_H

#include <stdbool.h>

#include "base/step.h"
#include "base/wire.h"

struct buf;
struct session;

/* What names the session in everything that is signed for it (RFC 4253 section
 * 7.2): also the hash that the host signed in the first key exchange. */
struct wire host_proof_session_id(const struct session *s);

/* That signature, by session_host_key(). */
struct wire host_proof_signature(const struct session *s);

/* The host keys that the host tells of, each a string with a blob, unchecked.
 * False: it has not done so. */
bool host_proof_offered(const struct session *s, struct wire *ret_keys);

/* Have the host prove that it has the private halves of these (strings, as
 * above). Once in a session. */
void host_proof_request(struct session *s, const struct buf *keys);

/* STEP_DONE: a signature for each, as strings in the same order, unchecked.
 * STEP_FAIL: the host does not prove it. */
enum step host_proof_result(const struct session *s, struct wire *ret_proofs);

/* What the host signs to prove that it has a key: appended to out. */
void host_proof_put_claim(const struct session *s, const void *blob, size_t len,
			  struct buf *out);

#endif
