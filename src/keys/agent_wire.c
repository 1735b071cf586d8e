#include "keys/agent_wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "keys/agent_numbers.h"
#include "keys/key.h"

#define KEYS_MAX 2048

void
agent_keys_clear(struct agent_keys *k)
{
	for (size_t i = 0; i < k->len; i++) {
		key_free(k->items[i].key);
		free(k->items[i].comment);
	}
	free(k->items);
	k->items = NULL;
	k->len = 0;
}

void
agent_put_list(struct buf *out)
{
	wire_put_u32(out, 1);
	wire_put_byte(out, AGENTC_REQUEST_IDENTITIES);
}

void
agent_put_bind(struct buf *out, const struct agent_binding *binding)
{
	struct buf body = BUF_INIT;

	wire_put_byte(&body, AGENTC_EXTENSION);
	wire_put_cstring(&body, "session-bind@openssh.com");
	wire_put_string(&body, binding->host_key.data, binding->host_key.len);
	wire_put_string(&body, binding->session_id.data,
			binding->session_id.len);
	wire_put_string(&body, binding->signature.data, binding->signature.len);
	wire_put_byte(&body, binding->is_forwarding);
	wire_put_string(out, body.data, body.len);
	buf_clear(&body);
}

/* An agent signs RSA with SHA-1 unless told otherwise. */
static uint32_t
sign_flags(const char *algorithm)
{
	if (str_starts(algorithm, "rsa-sha2-256"))
		return AGENT_RSA_SHA2_256;
	if (str_starts(algorithm, "rsa-sha2-512"))
		return AGENT_RSA_SHA2_512;
	return 0;
}

void
agent_put_sign(struct buf *out, const struct key *key, const char *algorithm,
	       const void *data, size_t len)
{
	struct buf body = BUF_INIT;

	wire_put_byte(&body, AGENTC_SIGN_REQUEST);
	wire_put_string(&body, key->blob, key->len);
	wire_put_string(&body, data, len);
	wire_put_u32(&body, sign_flags(algorithm));
	wire_put_string(out, body.data, body.len);
	buf_clear(&body);
}

void
agent_put_add(struct buf *out, const struct buf *key, const char *comment,
	      const struct agent_limits *limits)
{
	bool is_limited =
	    limits->life > 0 || limits->confirms || limits->provider != NULL;
	struct buf body = { .wipe = true };

	wire_put_byte(&body, is_limited ? AGENTC_ADD_ID_CONSTRAINED
					: AGENTC_ADD_IDENTITY);
	buf_add(&body, key->data, key->len);
	wire_put_cstring(&body, comment);
	if (limits->life > 0) {
		wire_put_byte(&body, AGENT_CONSTRAIN_LIFETIME);
		wire_put_u32(&body, limits->life);
	}
	if (limits->confirms)
		wire_put_byte(&body, AGENT_CONSTRAIN_CONFIRM);
	if (limits->provider != NULL) {
		wire_put_byte(&body, AGENT_CONSTRAIN_EXTENSION);
		wire_put_cstring(&body, "sk-provider@openssh.com");
		wire_put_cstring(&body, limits->provider);
	}
	wire_put_string(out, body.data, body.len);
	buf_clear(&body);
}

void
agent_put_log_in(struct buf *out, const char *token, const struct secret *pin)
{
	struct buf body = { .wipe = true };

	wire_put_byte(&body, AGENTC_ADD_SMARTCARD_KEY);
	wire_put_cstring(&body, token);
	wire_put_string(&body, pin->text, pin->len);
	wire_put_string(out, body.data, body.len);
	buf_clear(&body);
}

void
agent_put_failure(struct buf *out)
{
	wire_put_u32(out, 1);
	wire_put_byte(out, AGENT_FAILURE);
}

long
agent_message_len(const void *data, size_t len, struct err *e)
{
	struct wire w;
	uint32_t body;

	wire_init(&w, data, len);
	if (wire_get_u32(&w, &body) != 0)
		return 0;
	if (body == 0 || body > AGENT_MESSAGE_MAX)
		return err_set(e, ERR_LOCAL,
			       "the agent sent a message of %u bytes",
			       (unsigned)body);
	return w.len < body ? 0 : (long)body + 4;
}

bool
agent_is_sign(const void *data, size_t len, const unsigned char **ret_key,
	      size_t *ret_key_len)
{
	struct wire w;
	uint32_t body;
	uint8_t type;

	wire_init(&w, data, len);
	if (wire_get_u32(&w, &body) != 0 || wire_get_byte(&w, &type) != 0 ||
	    type != AGENTC_SIGN_REQUEST)
		return false;
	if (wire_get_string(&w, ret_key, ret_key_len) != 0)
		*ret_key_len = 0;
	return true;
}

/* Step over the length; check the type. */
static int
open_message(struct wire *w, const void *data, size_t len, uint8_t wanted,
	     struct err *e)
{
	uint32_t body;
	uint8_t type;

	wire_init(w, data, len);
	if (wire_get_u32(w, &body) != 0 || wire_get_byte(w, &type) != 0)
		return err_set(e, ERR_LOCAL, "the agent's answer is too short");
	if (type == AGENT_FAILURE || type == AGENT_EXTENSION_FAILURE)
		return err_set(e, ERR_LOCAL, "agent refused operation");
	if (type != wanted)
		return err_set(e, ERR_LOCAL,
			       "the agent's answer has the wrong type %u",
			       (unsigned)type);
	return 0;
}

int
agent_get_keys(const void *data, size_t len, struct agent_keys *ret_keys,
	       struct err *e)
{
	struct agent_keys keys = { NULL, 0 };
	struct wire w;
	uint32_t count;

	if (open_message(&w, data, len, AGENT_IDENTITIES_ANSWER, e) != 0)
		return -1;
	if (wire_get_u32(&w, &count) != 0 || count > KEYS_MAX)
		return err_set(e, ERR_LOCAL, "the agent's list is malformed");
	for (uint32_t i = 0; i < count; i++) {
		struct err ignored = { .kind = ERR_NONE };
		const unsigned char *blob, *comment;
		size_t blob_len, comment_len;
		struct key *key;

		if (wire_get_string(&w, &blob, &blob_len) != 0 ||
		    wire_get_string(&w, &comment, &comment_len) != 0) {
			agent_keys_clear(&keys);
			return err_set(e, ERR_LOCAL,
				       "the agent's list is cut off");
		}
		key = key_from_blob(blob, blob_len, &ignored);
		if (key == NULL) {
			log_debug("agent key %u left out: %s", (unsigned)i,
				  ignored.text);
			continue;
		}
		keys.items = xreallocarray(keys.items, keys.len + 1,
					   sizeof(*keys.items));
		keys.items[keys.len].key = key;
		keys.items[keys.len].comment =
		    xstrndup((const char *)comment, comment_len);
		keys.len++;
	}
	*ret_keys = keys;
	return 0;
}

int
agent_get_success(const void *data, size_t len, struct err *e)
{
	struct wire w;

	return open_message(&w, data, len, AGENT_SUCCESS, e);
}

/* The name that a signature carries is that of the plain key, for a
 * certificate too; only RSA's is the algorithm's. */
static bool
is_signature_name(const char *algorithm, const char *name, size_t len)
{
	const char *wanted = key_algorithm_key_name(algorithm);
	size_t wanted_len;

	if (wanted == NULL || strcmp(wanted, "ssh-rsa") == 0)
		wanted = algorithm;
	wanted_len = strlen(wanted);
	if (wanted == algorithm && strstr(algorithm, "-cert-v01@") != NULL)
		wanted_len =
		    (size_t)(strstr(algorithm, "-cert-v01@") - algorithm);
	return len == wanted_len && memcmp(name, wanted, len) == 0;
}

int
agent_get_signature(const void *data, size_t len, const char *algorithm,
		    struct buf *sig, struct err *e)
{
	struct wire w, blob;
	const unsigned char *name, *inner;
	size_t name_len, inner_len;

	if (open_message(&w, data, len, AGENT_SIGN_RESPONSE, e) != 0)
		return -1;
	if (wire_get_wire(&w, &blob) != 0 ||
	    wire_get_string(&blob, &name, &name_len) != 0)
		return err_set(e, ERR_LOCAL,
			       "the agent's signature is malformed");
	if (!is_signature_name(algorithm, (const char *)name, name_len))
		return err_set(e, ERR_LOCAL,
			       "the agent signed with %.*s instead of %s",
			       (int)name_len, (const char *)name, algorithm);
	w = blob;
	if (wire_get_string(&blob, &inner, &inner_len) != 0 || inner_len == 0)
		return err_set(e, ERR_LOCAL,
			       "the agent's signature is malformed");
	if (str_starts(algorithm, "sk-"))
		/* flags and counter follow the string (PROTOCOL.u2f) */
		buf_add(sig, w.data, w.len);
	else
		buf_add(sig, inner, inner_len);
	return 0;
}
