/* The global requests hostkeys-00 and hostkeys-prove-00 (OpenSSH's PROTOCOL,
 * section 2.5), and the rest of what stands behind host_proof.h. */
#include "base/log.h"
#include "ssh/native/connection.h"
#include "ssh/native/entry.h"

struct wire
native_session_id(const struct session *s)
{
	return transport_session_id(s->native->transport);
}

struct wire
native_host_signature(const struct session *s)
{
	return transport_host_signature(s->native->transport);
}

void
host_keys_take(struct session *s, const struct wire *keys)
{
	struct host_keys *h = &s->native->host_keys;

	if (h->has_come) {
		log_debug("server already sent hostkeys");
		return;
	}
	h->has_come = true;
	buf_add(&h->offered, keys->data, keys->len);
}

void
host_keys_clear(struct session *s)
{
	buf_clear(&s->native->host_keys.offered);
	buf_clear(&s->native->host_keys.proofs);
}

bool
native_offered_keys(const struct session *s, struct wire *ret_keys)
{
	const struct host_keys *h = &s->native->host_keys;

	wire_init(ret_keys, h->offered.data, h->offered.len);
	return h->has_come;
}

static void
proven(struct session *s, void *arg, bool is_ok, struct wire *w)
{
	struct host_keys *h = &s->native->host_keys;

	(void)arg;
	h->reply = is_ok ? REPLY_OK : REPLY_REFUSED;
	buf_add(&h->proofs, w->data, w->len);
}

void
native_prove_keys(struct session *s, const struct buf *keys)
{
	struct buf *out;

	s->native->host_keys.reply = REPLY_PENDING;
	out = global_request_begin(s, "hostkeys-prove-00@openssh.com", proven,
				   NULL);
	buf_add(out, keys->data, keys->len);
	transport_end(s->native->transport);
}

enum step
native_proofs(const struct session *s, struct wire *ret_proofs)
{
	const struct host_keys *h = &s->native->host_keys;

	wire_init(ret_proofs, h->proofs.data, h->proofs.len);
	return reply_step(h->reply);
}
