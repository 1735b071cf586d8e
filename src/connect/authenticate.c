/* The stage that logs in: the configuration turned into what auth/ wants. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "connect/fast_open.h"
#include "connect/internal.h"
#include "connect/verify.h"
#include "net/loop.h"
#include "net/stream.h"
#include "ssh/session.h"

/* A server may have lost what was sent early. It is asked again after this time
 * (fast_open_should_retry()). */
#define EARLY_PATIENCE_MS 10000

/* With Reconnect: a server has that long to answer, as OpenSSH gives us for the
 * whole login; and that long for its kernel to say that something came. */
#define ANSWER_PATIENCE_MS 120000
#define SIGN_PATIENCE_MS 15000
#define LOOK_EVERY_MS 5000

/* ssh's order, without the methods that do not exist here. */
static const char usual_order[] =
    "gssapi-with-mic,hostbased,publickey,keyboard-interactive,password";

/* On stderr and not in the log, as ssh does, but not with -q. */
static void
show_banner(void *arg, const char *text, size_t len)
{
	struct connection *c = arg;
	char *shown;

	c->has_banner = true;
	if (log_get_level() < LOG_LEVEL_INFO)
		return;
	log_stand(NULL);
	shown = str_visible(text, len);
	fputs(shown, stderr);
	fflush(stderr);
	free(shown);
}

static bool
is_enabled(const struct connection *c, const char *method)
{
	const struct conf *o = c->conf;

	if (strcmp(method, "publickey") == 0)
		return o->pubkey_authentication != CONF_PUBKEY_NO;
	if (strcmp(method, "gssapi-with-mic") == 0)
		return o->gssapi_authentication;
	if (strcmp(method, "hostbased") == 0)
		return o->hostbased_authentication;
	if (strcmp(method, "password") == 0)
		return o->password_authentication && !c->is_untrusted &&
		       !o->batch_mode;
	if (strcmp(method, "keyboard-interactive") == 0)
		return o->kbd_interactive_authentication && !c->is_untrusted &&
		       !o->batch_mode;
	return strcmp(method, "none") == 0;
}

static char *
allowed_methods(const struct connection *c)
{
	const char *order = c->conf->preferred_authentications;
	struct strv wanted = STRV_INIT, allowed = STRV_INIT;
	char *joined;

	strv_split(&wanted, order != NULL ? order : usual_order, ",");
	for (size_t i = 0; i < wanted.len; i++)
		if (is_enabled(c, wanted.items[i]))
			strv_add(&allowed, wanted.items[i]);
	joined = strv_join(&allowed, ",");
	strv_clear(&wanted);
	strv_clear(&allowed);
	return joined;
}

static enum auth_additions_mode
additions_of(const struct conf *o)
{
	switch ((enum conf_add_keys)o->add_keys_to_agent) {
	case CONF_ADD_KEYS_NO:
		break;
	case CONF_ADD_KEYS_YES:
		return ADDITIONS_ALL;
	case CONF_ADD_KEYS_ASK:
		return ADDITIONS_ASKED;
	case CONF_ADD_KEYS_CONFIRM:
		return ADDITIONS_CONFIRMED;
	}
	return ADDITIONS_NONE;
}

static void
gather_keys(struct connection *c)
{
	if (c->conf->pubkey_authentication != CONF_PUBKEY_NO)
		auth_prepare(c->auth);
}

/* --- an asker that is watched --- */

static bool
can_ask(void *arg)
{
	const struct connection *c = arg;

	return c->asker.can_ask(c->asker.arg);
}

static enum step
ask(void *arg, const struct question *q, struct secret **ret_answer)
{
	struct connection *c = arg;
	enum step step = c->asker.ask(c->asker.arg, q, ret_answer);

	/* what is only shown keeps nobody */
	c->is_asking = step == STEP_AGAIN && !q->is_notice;
	return step;
}

static void
forget(void *arg)
{
	struct connection *c = arg;

	c->is_asking = false;
	c->asker.forget(c->asker.arg);
}

/* --- the login --- */

void
connection_prepare_login(struct connection *c)
{
	const struct conf *o = c->conf;

	if (c->auth != NULL) {
		gather_keys(c);
		return;
	}
	c->auth_params = (struct auth_params){
		.user = o->user,
		.host = c->target->host,
		.asked_for =
		    o->host_key_alias != NULL ? c->target->title : c->target->host,
		.algorithms = c->target->signatures,
		.gssapi_delegates = o->gssapi_delegate_credentials,
		.host_algorithms = c->target->host_signatures,
		.unbound = o->pubkey_authentication == CONF_PUBKEY_UNBOUND,
		.agent_path = c->target->agent_path,
		.remembered = c->target->memory.key,
		.keyring = c->target->keyring,
		.security_key_provider = c->target->security_key_provider,
		.pkcs11_provider = o->pkcs11_provider,
		.additions = {
			.mode = additions_of(o),
			.life = (uint32_t)o->add_keys_to_agent_life,
		},
		.identities = {
			.files = &c->target->identity_files,
			.files_are_default = o->identity_file_is_default,
			.certificates = &c->target->certificate_files,
			.only_these = o->identities_only,
			.rsa_bits = o->required_rsa_size,
		},
		.prompts = o->number_of_password_prompts,
		.can_ask = !o->batch_mode &&
			   c->asker.can_ask(c->asker.arg),
		.asker = { can_ask, ask, forget, c },
		.banner = show_banner,
		.arg = c,
		.wake = c->wake,
		.wake_arg = c->arg,
	};
	c->auth = auth_new(c->loop, &c->auth_params);
	gather_keys(c);
}

static void
start_login(struct connection *c)
{
	bool is_early = fast_open_may_log_in(c);

	c->is_logging_in = true;
	c->methods = allowed_methods(c);
	c->auth_params.methods = c->methods;
	c->auth_params.may_sign_first = fast_open_may_sign_first(c);
	c->auth_params.may_sign_known = fast_open_may_open(c);
	c->auth_params.remembered = c->target->memory.key;
	if (fast_open_may_open(c))
		c->ahead(c->arg, c->session);
	auth_begin(c->auth, c->session, is_early);
	if (is_early)
		connection_set_deadline(c, EARLY_PATIENCE_MS);
	else if (c->conf->reconnect != CONF_RECONNECT_NO)
		connection_set_deadline(c, LOOK_EVERY_MS);
}

static int64_t
later(int64_t one, int64_t other)
{
	return one > other ? one : other;
}

/* Do we wait for a server that is gone? The user may take any time. */
static bool
waits_in_vain(const struct connection *c)
{
	const struct stream *s = session_stream(c->session);
	int64_t now_ms = loop_now_ms(), since_ms;
	struct stream_progress p;

	stream_get_progress(s, &p);
	since_ms = later(stream_heard_ms(s), p.sent_ms);
	if (c->is_asking)
		return false;
	return now_ms - since_ms >= ANSWER_PATIENCE_MS ||
	       (p.acknowledged < p.written &&
		now_ms - later(since_ms, p.sign_ms) >= SIGN_PATIENCE_MS);
}

/* Only who connects again by himself is better off without an answer. */
static enum step
check_patience(struct connection *c, struct err *e)
{
	const struct stream *s = session_stream(c->session);

	if (!c->is_late || c->conf->reconnect == CONF_RECONNECT_NO)
		return STEP_AGAIN;
	connection_set_deadline(c, LOOK_EVERY_MS);
	if (!waits_in_vain(c))
		return STEP_AGAIN;
	log_error("Connection timed out during login");
	err_set(e, ERR_TIMEOUT, "Connection to %s port %d timed out",
		stream_peer_address(s), stream_peer_port(s));
	return STEP_FAIL;
}

/* What was tried, for somebody who can read it: on a terminal or with -v. */
static void
report(const struct connection *c)
{
	struct strv lines = STRV_INIT;
	bool is_wanted =
	    log_get_level() >= LOG_LEVEL_VERBOSE ||
	    (log_get_level() >= LOG_LEVEL_INFO && isatty(STDERR_FILENO));

	if (is_wanted)
		auth_report(c->auth, &lines);
	if (lines.len > 0)
		log_info("Identities considered for %s@%s:", c->conf->user,
			 c->target->host);
	for (size_t i = 0; i < lines.len; i++)
		log_info("%s", lines.items[i]);
	strv_clear(&lines);
}

static void
log_way_in(const struct connection *c)
{
	const struct stream *stream = session_stream(c->session);
	const char *address = stream_peer_address(stream);
	const char *host = c->target->host, *method = auth_method(c->auth);

	if (strcmp(address, "UNKNOWN") == 0)
		log_verbose("Authenticated to %s (via proxy) using \"%s\".",
			    host, method);
	else
		log_verbose("Authenticated to %s ([%s]:%d) using \"%s\".", host,
			    address, stream_peer_port(stream), method);
}

enum step
connection_login(struct connection *c, struct err *e)
{
	enum step step;

	if (!c->is_logging_in) {
		step = auth_bind(c->auth, c->session, e);
		if (step != STEP_DONE)
			return step;
		start_login(c);
	}
	step = auth_step(c->auth, e);
	if (step == STEP_AGAIN && fast_open_has_failed(c)) {
		err_set(e, ERR_TIMEOUT, "no answer to the login");
		return STEP_FAIL;
	}
	if (step == STEP_AGAIN)
		return check_patience(c, e);
	if (step == STEP_FAIL) {
		if (!fast_open_has_failed(c))
			report(c);
		fast_open_note_offence(c);
		return step;
	}
	connection_set_deadline(c, 0);
	log_way_in(c);
	c->login_text = auth_describe(c->auth);
	fast_open_note_login(c);
	/* key material is not needed any more */
	auth_free(c->auth);
	c->auth = NULL;
	return STEP_DONE;
}
