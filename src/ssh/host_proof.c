#include "ssh/host_proof.h"

#include "base/buf.h"
#include "ssh/engine.h"

struct wire
host_proof_session_id(const struct session *s)
{
	return s->engine->session_id(s);
}

struct wire
host_proof_signature(const struct session *s)
{
	return s->engine->host_signature(s);
}

bool
host_proof_offered(const struct session *s, struct wire *ret_keys)
{
	return s->engine->offered_keys(s, ret_keys);
}

void
host_proof_request(struct session *s, const struct buf *keys)
{
	s->engine->prove_keys(s, keys);
}

enum step
host_proof_result(const struct session *s, struct wire *ret_proofs)
{
	return s->engine->proofs(s, ret_proofs);
}

void
host_proof_put_claim(const struct session *s, const void *blob, size_t len,
		     struct buf *out)
{
	struct wire id = host_proof_session_id(s);

	wire_put_cstring(out, "hostkeys-prove-00@openssh.com");
	wire_put_string(out, id.data, id.len);
	wire_put_string(out, blob, len);
}
