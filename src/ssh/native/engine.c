/* The table of engine.h for hawser's own SSH. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "net/stream.h"
#include "ssh/algorithms.h"
#include "ssh/native/cipher.h"
#include "ssh/native/connection.h"
#include "ssh/native/entry.h"
#include "ssh/native/kex_method.h"
#include "ssh/native/mac.h"
#include "ssh/native/packet.h"
#include "ssh/native/userauth.h"

/* One pump may take in this much before others get a turn. */
#define PUMP_BYTES ((size_t)256 * 1024)

/* Compression is offered even where it is not wanted, for a server that insists
 * on it; as ssh does. */
static const char *
compression_list(bool is_wanted)
{
	if (!packet_can_compress())
		return "none";
	return is_wanted ? "zlib@openssh.com,zlib,none"
			 : "none,zlib@openssh.com,zlib";
}

static int
init(struct session *s, const struct session_params *p, struct err *e)
{
	struct native_session *n = xcalloc(1, sizeof(*n));
	const char *compression = compression_list(p->compression);
	const char *lists[NEGOTIATION_LISTS] = {
		p->kex,  p->host_keys, p->ciphers,  p->ciphers,
		p->macs, p->macs,      compression, compression,
	};

	(void)e;
	for (size_t i = 0; i < NEGOTIATION_LISTS; i++)
		s->ours.lists[i] = xstrdup(lists[i]);
	s->native = n;
	n->globals_end = &n->globals;
	n->userauth = userauth_new();
	n->userauth->is_done = p->is_shared;
	n->transport = transport_new(s, p);
	return 0;
}

static void
free_session(struct session *s)
{
	struct native_session *n = s->native;

	session_note_end(s, SESSION_CLOSED);
	connection_clear(s);
	userauth_free(n->userauth);
	transport_free(n->transport);
	free(n);
	s->native = NULL;
}

static bool
can(const struct session *s, enum session_ability ability)
{
	const struct transport *t = s->native->transport;

	switch (ability) {
	case SESSION_CHAFF:
		return transport_info(t)->ping && transport_can_send_data(t) &&
		       s->end == SESSION_ALIVE;
	case SESSION_POST_QUANTUM:
		return kex_method_is_supported("mlkem768x25519-sha256");
	case SESSION_PROBE:
	case SESSION_REKEY:
	case SESSION_HOST_PROOF:
		return !transport_is_shared(t);
	case SESSION_REMOTE_UNIX:
	case SESSION_BREAK:
	case SESSION_HOSTBASED:
	case SESSION_GSSAPI:
	case SESSION_SIGN_FIRST:
	case SESSION_KEYS_APART:
	case SESSION_LATE_ANSWERS:
	case SESSION_EARLY_START:
	case SESSION_PROXY:
		break;
	}
	return true;
}

/* On to where nothing more has arrived: what the server says behind its key
 * (EXT_INFO) is good to know for the login. */
static enum step
handshake(struct session *s, struct err *e)
{
	struct transport *t = s->native->transport;
	struct wire message;

	if (transport_has_host_key(t))
		return STEP_DONE;
	transport_set_budget(t, PUMP_BYTES);
	while (!transport_has_host_key(t) &&
	       transport_receive(t, &message) == STEP_DONE)
		transport_fail(t, DISCONNECT_PROTOCOL_ERROR,
			       "a message of type %u in the first key exchange",
			       (unsigned int)message.data[0]);
	/* it may have ended right behind the key: nobody is asked about that */
	if (s->end != SESSION_ALIVE) {
		session_explain(s, e);
		return STEP_FAIL;
	}
	return transport_has_host_key(t) ? STEP_DONE : STEP_AGAIN;
}

static const char *
method_name(const struct session *s, enum session_method method)
{
	return transport_agreed(s->native->transport,
				session_method_list(method));
}

/* --- before its time --- */

/* Compression starts with the login's end, and nobody could tell where. */
static void
allow_early_open(struct session *s)
{
	s->native->may_open_early =
	    strcmp(method_name(s, SESSION_COMPRESSION), "none") == 0;
}

static void
allow_early_start(struct session *s)
{
	s->native->may_foretell = true;
}

static bool
may_have_started(const struct session *s)
{
	const struct channel *c = native_channel_find(s, 0);

	return s->native->is_open_ahead && c != NULL &&
	       c->native->is_foretold && c->start == REPLY_PENDING;
}

static bool
is_ahead(const struct session *s)
{
	return native_login_is_ahead(s) || s->native->is_open_ahead;
}

static bool
wasted_open(const struct session *s)
{
	return s->native->has_wasted_open;
}

static bool
knows_signatures(const struct session *s)
{
	return transport_info(s->native->transport)->has_come;
}

/* Ours chooses by what the user allows and the server knows. */
static void
set_signatures(struct session *s, const char *list)
{
	(void)s;
	(void)list;
}

/* --- every turn --- */

static void
pump(struct session *s)
{
	struct transport *t = s->native->transport;
	struct wire message;

	if (!native_login_is_done(s))
		return;
	transport_set_budget(t, PUMP_BYTES);
	while (transport_receive(t, &message) == STEP_DONE)
		connection_take(s, &message);
}

/* Requests leave at once, and their answers are taken by the pump. */
static void
poll_requests(struct session *s)
{
	(void)s;
}

static bool
has_more(const struct session *s)
{
	return s->end == SESSION_ALIVE &&
	       transport_has_more(s->native->transport);
}

static void
probed(struct session *s, void *arg, bool is_ok, struct wire *w)
{
	(void)arg;
	(void)is_ok;
	(void)w;
	s->native->is_probing = false;
}

static void
probe(struct session *s)
{
	if (s->native->is_probing || s->end != SESSION_ALIVE ||
	    transport_is_shared(s->native->transport))
		return;
	s->native->is_probing = true;
	global_request_begin(s, "keepalive@openssh.com", probed, NULL);
	transport_end(s->native->transport);
}

/* As long as a key in a channel's data. */
static void
send_chaff(struct session *s)
{
	wire_put_cstring(transport_begin(s->native->transport, MSG_PING),
			 "PING!");
	transport_end(s->native->transport);
}

/* Opens do not wait for each other. */
static void
abandon_open(struct session *s, int64_t patience_ms)
{
	(void)s;
	(void)patience_ms;
}

static void
rekey(struct session *s)
{
	transport_rekey(s->native->transport);
}

static int64_t
keyed_ms(const struct session *s)
{
	return transport_keyed_ms(s->native->transport);
}

static void
no_more_sessions(struct session *s)
{
	if (!connection_is_with_openssh(s) || s->end != SESSION_ALIVE)
		return;
	log_debug("Requesting no-more-sessions@openssh.com");
	global_request_begin(s, "no-more-sessions@openssh.com", NULL, NULL);
	transport_end(s->native->transport);
}

static void
disconnect(struct session *s)
{
	if (s->end != SESSION_ALIVE)
		return;
	transport_disconnect(s->native->transport, DISCONNECT_BY_APPLICATION,
			     "disconnected by user");
	stream_flush(s->stream);
	session_note_end(s, SESSION_CLOSED);
}

static const char *
version(void)
{
	return PACKAGE_VERSION;
}

/* --- algorithms --- */

/* What is younger than the oldest libcrypto that we build with is asked for,
 * as nobody asks about what is offered by default. */
static void
add_kex(struct strv *ret_names)
{
	struct strv names = STRV_INIT;

	strv_split(&names, kex_method_names(), ",");
	for (size_t i = 0; i < names.len; i++)
		if (!algorithms_is_post_quantum(names.items[i]) ||
		    kex_method_is_supported(names.items[i]))
			strv_add(ret_names, names.items[i]);
	strv_clear(&names);
}

static void
algorithms(enum algorithm_kind kind, struct strv *ret_names)
{
	switch (kind) {
	case ALGORITHM_KEX:
		add_kex(ret_names);
		break;
	case ALGORITHM_HOST_KEY:
		strv_split(ret_names, algorithms_signatures, ",");
		break;
	case ALGORITHM_CIPHER:
		strv_split(ret_names, cipher_names(), ",");
		break;
	case ALGORITHM_MAC:
		strv_split(ret_names, mac_names(), ",");
		break;
	case ALGORITHM_SIGNATURE: /* not an engine's business */
	case ALGORITHM_CA_SIGNATURE:
		break;
	}
}

static bool
is_usable(enum algorithm_kind kind, const char *name)
{
	switch (kind) {
	case ALGORITHM_KEX:
		return kex_method_is_supported(name);
	case ALGORITHM_CIPHER:
		return cipher_is_supported(name);
	case ALGORITHM_MAC:
		return mac_is_supported(name);
	case ALGORITHM_HOST_KEY:
	case ALGORITHM_SIGNATURE:
	case ALGORITHM_CA_SIGNATURE:
		break;
	}
	return true;
}

const struct engine engine_native = {
	.texts_max = PACKET_PAYLOAD_MAX - 1024,
	.version = version,
	.init = init,
	.free = free_session,
	.can = can,
	.handshake = handshake,
	.method_name = method_name,
	.allow_early_open = allow_early_open,
	.allow_early_start = allow_early_start,
	.may_have_started = may_have_started,
	.is_ahead = is_ahead,
	.is_login_ahead = native_login_is_ahead,
	.wasted_open = wasted_open,
	.pump = pump,
	.poll_requests = poll_requests,
	.has_more = has_more,
	.send_chaff = send_chaff,
	.probe = probe,
	.abandon_open = abandon_open,
	.rekey = rekey,
	.keyed_ms = keyed_ms,
	.no_more_sessions = no_more_sessions,
	.disconnect = disconnect,
	.algorithms = algorithms,
	.is_usable = is_usable,
	.session_id = native_session_id,
	.host_signature = native_host_signature,
	.offered_keys = native_offered_keys,
	.prove_keys = native_prove_keys,
	.proofs = native_proofs,
	.none = native_login_none,
	.send_first = native_login_send_first,
	.knows_signatures = knows_signatures,
	.methods = native_login_methods,
	.banner = native_login_banner,
	.publickey = native_login_publickey,
	.hostbased = native_login_hostbased,
	.gssapi = native_login_gssapi,
	.set_signatures = set_signatures,
	.password = native_login_password,
	.interactive = native_login_interactive,
	.listen_login = native_login_listen,
	.is_done = native_login_is_done,
	.open_session = native_open_session,
	.open_direct = native_open_direct,
	.free_channel = native_channel_free,
	.request_env = native_request_env,
	.request_pty = native_request_pty,
	.set_size = native_set_size,
	.request_start = native_request_start,
	.peek = native_peek,
	.consume = native_consume,
	.write = native_write,
	.stop_reading = native_stop_reading,
	.is_unread = native_is_unread,
	.send_eof = native_channel_send_eof,
	.close = native_channel_close,
	.is_closed = native_channel_is_closed,
	.send_signal = native_send_signal,
	.send_break = native_send_break,
	.exit = native_exit,
	.request_agent = native_request_agent,
	.request_x11 = native_request_x11,
	.accept_agent = native_accept_agent,
	.accept_x11 = native_accept_x11,
	.listen = native_listen,
	.listen_unix = native_listen_unix,
	.accept = native_accept,
	.free_listener = native_free_listener,
};
