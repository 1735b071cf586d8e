/* The method "hostbased" (RFC 4252 section 9). */
#include "base/buf.h"
#include "ssh/native/connection.h"
#include "ssh/native/entry.h"
#include "ssh/native/userauth.h"

/* All of the request but its signature. */
static void
put_request(struct buf *out, const char *user, const struct login_host *h)
{
	wire_put_byte(out, MSG_USERAUTH_REQUEST);
	wire_put_cstring(out, user);
	wire_put_cstring(out, "ssh-connection");
	wire_put_cstring(out, "hostbased");
	wire_put_cstring(out, h->algorithm);
	wire_put_string(out, h->blob, h->len);
	wire_put_cstring(out, h->client_host);
	wire_put_cstring(out, h->client_user);
}

/* LOGIN_AGAIN: it was sent, or is not signed yet. */
static enum login_result
send_request(struct session *s, const char *user, struct login_host *h)
{
	struct wire id = transport_session_id(s->native->transport);
	struct buf data = BUF_INIT, request = BUF_INIT, signature = BUF_INIT;
	enum step step;

	put_request(&request, user, h);
	wire_put_string(&data, id.data, id.len);
	buf_add(&data, request.data, request.len);
	step = h->sign(h->arg, &data, &signature);
	if (step == STEP_DONE) {
		wire_put_string(&request, signature.data, signature.len);
		userauth_send(s, &request, USERAUTH_HOSTBASED);
		h->is_sent = true;
	}
	buf_clear(&data);
	buf_clear(&request);
	buf_clear(&signature);
	return step == STEP_FAIL ? LOGIN_CANCELLED : LOGIN_AGAIN;
}

enum login_result
native_login_hostbased(struct session *s, const char *user,
		       struct login_host *h)
{
	enum login_result result = LOGIN_AGAIN;

	if (!h->is_sent)
		result = send_request(s, user, h);
	if (h->is_sent)
		result = userauth_simple_answer(s);
	return result;
}
