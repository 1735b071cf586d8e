#include "ssh/native/pubkey.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/match.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "keys/key.h"
#include "ssh/native/connection.h"

#define CERT_SUFFIX "-cert-v01@openssh.com"

void
pubkey_clear(struct pubkey *p)
{
	key_free(p->key);
	p->key = NULL;
	p->algorithm = NULL;
	p->is_signing = false;
}

/* The name inside a signature made with an algorithm: a certificate's key signs
 * as it would without one. The caller frees it. */
static char *
signature_name(const char *algorithm)
{
	const char *suffix = strstr(algorithm, CERT_SUFFIX);

	if (suffix == NULL)
		return xstrdup(algorithm);
	return xasprintf("%.*s%s", (int)(suffix - algorithm), algorithm,
			 str_starts(algorithm, "sk-") ? "@openssh.com" : "");
}

/*
 * Can the server verify it? Only with RSA is that a question: a server says so
 * (RFC 8332 section 3.3), or shows it by what it offers itself; the old
 * algorithm is for those that do neither.
 */
static bool
server_takes(const struct session *s, const char *algorithm)
{
	const struct transport *t = s->native->transport;
	const struct message_info *info = transport_info(t);
	char *name = signature_name(algorithm);
	bool takes;

	if (info->signatures != NULL)
		takes = negotiation_list_has(info->signatures, name);
	else if (str_starts(name, "rsa-sha2-"))
		takes = transport_server_has(t, "rsa-sha2-512") ||
			transport_server_has(t, "rsa-sha2-256");
	else
		takes = true;
	free(name);
	return takes;
}

bool
pubkey_choose(struct pubkey *p, const struct session *s,
	      const struct login_key *key)
{
	struct err ignored = { .kind = ERR_NONE };
	const char *const *names;

	pubkey_clear(p);
	p->unbound = key->unbound;
	p->key = key_from_blob(key->blob, key->len, &ignored);
	names = p->key != NULL ? key_algorithms(p->key) : NULL;
	for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
		if (match_list(names[i], key->algorithms, false) != MATCH_YES)
			continue;
		if (p->key->type == KEY_RSA && !server_takes(s, names[i]))
			continue;
		p->algorithm = names[i];
		return true;
	}
	pubkey_clear(p);
	return false;
}

void
pubkey_put(const struct pubkey *p, struct buf *out)
{
	wire_put_cstring(out, p->algorithm);
	wire_put_string(out, p->key->blob, p->key->len);
}

bool
pubkey_is_echo(const struct pubkey *p, const struct wire *message)
{
	struct wire w = *message;
	struct wire blob;
	char *algorithm = NULL;
	uint8_t type;
	bool is_echo = p->key != NULL && wire_get_byte(&w, &type) == 0 &&
		       wire_get_cstring(&w, &algorithm) == 0 &&
		       wire_get_wire(&w, &blob) == 0 &&
		       blob.len == p->key->len &&
		       memcmp(blob.data, p->key->blob, blob.len) == 0;

	free(algorithm);
	return is_echo;
}

void
pubkey_put_request(struct pubkey *p, const struct session *s, const char *user,
		   const char *service, struct buf *request)
{
	/* what the server tells while an agent signs comes too late */
	if (!p->is_signing)
		p->is_bound = !p->unbound &&
			      transport_info(s->native->transport)->hostbound;
	p->is_signing = true;
	wire_put_byte(request, MSG_USERAUTH_REQUEST);
	wire_put_cstring(request, user);
	wire_put_cstring(request, service);
	wire_put_cstring(request, p->is_bound
				      ? "publickey-hostbound-v00@openssh.com"
				      : "publickey");
	wire_put_byte(request, true);
	pubkey_put(p, request);
	if (p->is_bound)
		wire_put_string(request, s->host_key.data, s->host_key.len);
}

enum step
pubkey_sign(const struct pubkey *p, const struct session *s,
	    struct login_key *key, const struct buf *request,
	    struct buf *ret_signature)
{
	struct wire id = transport_session_id(s->native->transport);
	struct buf data = BUF_INIT, inner = BUF_INIT, blob = BUF_INIT;
	char *name = signature_name(p->algorithm);
	enum step step;

	wire_put_string(&data, id.data, id.len);
	buf_add(&data, request->data, request->len);
	step = key->sign(key->arg, p->algorithm, data.data, data.len, &inner);
	if (step == STEP_DONE) {
		wire_put_cstring(&blob, name);
		/* of a key in hardware it has several fields */
		if (str_starts(name, "sk-"))
			buf_add(&blob, inner.data, inner.len);
		else
			wire_put_string(&blob, inner.data, inner.len);
		wire_put_string(ret_signature, blob.data, blob.len);
	}
	free(name);
	buf_clear(&data);
	buf_clear(&inner);
	buf_clear(&blob);
	return step;
}
