#include "keys/agent_serve.h"

#include <string.h>

#include "base/buf.h"
#include "keys/agent_numbers.h"
#include "keys/agent_wire.h"
#include "keys/key.h"

static bool
get_sign(struct wire *w, struct agent_request *ret)
{
	return wire_get_wire(w, &ret->key) == 0 &&
	       wire_get_wire(w, &ret->data) == 0 &&
	       wire_get_u32(w, &ret->flags) == 0;
}

static bool
get_log_in(struct wire *w, struct agent_request *ret)
{
	return wire_get_wire(w, &ret->token) == 0 &&
	       wire_get_wire(w, &ret->pin) == 0;
}

void
agent_get_request(const void *data, size_t len, struct agent_request *ret)
{
	struct wire w;
	uint32_t body;
	uint8_t type;

	memset(ret, 0, sizeof(*ret));
	wire_init(&w, data, len);
	if (wire_get_u32(&w, &body) != 0 || wire_get_byte(&w, &type) != 0)
		return;
	if (type == AGENTC_REQUEST_IDENTITIES)
		ret->kind = AGENT_REQUEST_LIST;
	else if (type == AGENTC_SIGN_REQUEST && get_sign(&w, ret))
		ret->kind = AGENT_REQUEST_SIGN;
	else if (type == AGENTC_ADD_SMARTCARD_KEY && get_log_in(&w, ret))
		ret->kind = AGENT_REQUEST_LOG_IN;
}

void
agent_put_success(struct buf *out)
{
	wire_put_u32(out, 1);
	wire_put_byte(out, AGENT_SUCCESS);
}

void
agent_put_keys(struct buf *out, const struct agent_keys *keys)
{
	struct buf body = BUF_INIT;

	wire_put_byte(&body, AGENT_IDENTITIES_ANSWER);
	wire_put_u32(&body, (uint32_t)keys->len);
	for (size_t i = 0; i < keys->len; i++) {
		const struct key *key = keys->items[i].key;

		wire_put_string(&body, key->blob, key->len);
		wire_put_cstring(&body, keys->items[i].comment);
	}
	wire_put_string(out, body.data, body.len);
	buf_clear(&body);
}

void
agent_put_signature(struct buf *out, const struct buf *sig)
{
	struct buf body = BUF_INIT;

	wire_put_byte(&body, AGENT_SIGN_RESPONSE);
	wire_put_string(&body, sig->data, sig->len);
	wire_put_string(out, body.data, body.len);
	buf_clear(&body);
}
