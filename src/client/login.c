/* The stage that logs in: the configuration turned into what auth/ wants, and
 * the questions put to the user. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "client/internal.h"
#include "client/opening.h"
#include "client/verify.h"
#include "conf/conf.h"
#include "net/stream.h"
#include "ssh/session.h"
#include "term/asking.h"
#include "term/prompt.h"

/* A server may have lost what was sent early. It is asked again after this time
 * (opening_should_retry()). */
#define EARLY_PATIENCE_MS 10000

/* ssh's order, without the methods that do not exist here. */
static const char usual_order[] =
    "gssapi-with-mic,hostbased,publickey,keyboard-interactive,password";

static enum step
ask_at_once(const struct auth_question *q, struct secret **ret_answer,
	    struct err *e)
{
	*ret_answer =
	    q->echo ? prompt_line(q->text, e) : prompt_secret(q->text, e);
	return *ret_answer != NULL ? STEP_DONE : STEP_FAIL;
}

static void
forget_question(void *arg)
{
	struct client *c = arg;

	asking_free(c->asking);
	c->asking = NULL;
}

static enum step
ask(void *arg, const struct auth_question *q, struct secret **ret_answer)
{
	struct client *c = arg;
	struct asking_params p = {
		.loop = c->loop,
		.text = q->text,
		.echo = q->echo,
		.wake = client_wake,
		.arg = c,
	};
	struct err e = { .kind = ERR_NONE };
	enum step step = STEP_FAIL;

	if (q->at_once)
		step = ask_at_once(q, ret_answer, &e);
	else if (c->asking == NULL)
		c->asking = asking_new(&p, &e);
	if (c->asking != NULL)
		step = asking_step(c->asking, ret_answer);
	if (step != STEP_AGAIN)
		forget_question(c);
	if (e.kind != ERR_NONE)
		log_debug("%s", e.text);
	return step;
}

/* On stderr and not in the log, as ssh does, but not with -q. */
static void
show_banner(void *arg, const char *text, size_t len)
{
	struct client *c = arg;
	char *shown;

	c->has_banner = true;
	if (log_get_level() < LOG_LEVEL_INFO)
		return;
	shown = str_visible(text, len);
	fputs(shown, stderr);
	fflush(stderr);
	free(shown);
}

static bool
is_enabled(const struct client *c, const char *method)
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
allowed_methods(const struct client *c)
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

void
client_prepare_login(struct client *c)
{
	const struct conf *o = c->conf;

	if (c->auth != NULL) {
		auth_prepare(c->auth);
		return;
	}
	c->auth_params = (struct auth_params){
		.user = o->user,
		.host = c->host,
		.asked_for =
		    o->host_key_alias != NULL ? c->host_title : c->host,
		.algorithms = c->signatures,
		.gssapi_delegates = o->gssapi_delegate_credentials,
		.host_algorithms = c->host_signatures,
		.unbound = o->pubkey_authentication == CONF_PUBKEY_UNBOUND,
		.agent_path = c->agent_path,
		.identities = {
			.files = &c->identity_files,
			.files_are_default = o->identity_file_is_default,
			.certificates = &c->certificate_files,
			.only_these = o->identities_only,
			.rsa_bits = o->required_rsa_size,
		},
		.prompts = o->number_of_password_prompts,
		.can_ask = !o->batch_mode && prompt_is_possible(),
		.ask = ask,
		.forget = forget_question,
		.banner = show_banner,
		.arg = c,
		.wake = client_wake,
		.wake_arg = c,
	};
	c->auth = auth_new(c->loop, &c->auth_params);
	if (o->pubkey_authentication != CONF_PUBKEY_NO)
		auth_prepare(c->auth);
}

/* Get ready what may travel with the signature that logs us in. */
static int
open_early(struct client *c, struct err *e)
{
	if (client_open_channel(c, e) != 0)
		return -1;
	session_allow_early_open(c->session);
	if (!opening_may_start_early(c))
		return 0;
	client_request_session(c);
	session_allow_early_start(c->session);
	return 0;
}

static int
start_login(struct client *c, struct err *e)
{
	bool is_early = opening_may_log_in_early(c);

	c->is_logging_in = true;
	c->methods = allowed_methods(c);
	c->auth_params.methods = c->methods;
	c->auth_params.may_sign_first = opening_may_sign_first(c);
	c->auth_params.may_sign_known = opening_may_open_early(c);
	c->auth_params.remembered = c->memory.key;
	if (opening_may_open_early(c) && open_early(c, e) != 0)
		return -1;
	auth_begin(c->auth, c->session, is_early);
	if (is_early)
		client_set_deadline(c, EARLY_PATIENCE_MS);
	return 0;
}

/* What was tried, for somebody who can read it: on a terminal or with -v. */
static void
report(const struct client *c)
{
	struct strv lines = STRV_INIT;
	bool is_wanted =
	    log_get_level() >= LOG_LEVEL_VERBOSE ||
	    (log_get_level() >= LOG_LEVEL_INFO && isatty(STDERR_FILENO));

	if (is_wanted)
		auth_report(c->auth, &lines);
	if (lines.len > 0)
		log_info("Identities considered for %s@%s:", c->conf->user,
			 c->host);
	for (size_t i = 0; i < lines.len; i++)
		log_info("%s", lines.items[i]);
	strv_clear(&lines);
}

enum step
client_login(struct client *c, struct err *e)
{
	const struct stream *stream = session_stream(c->session);
	enum step step;

	if (!c->is_logging_in) {
		step = auth_bind(c->auth, c->session, e);
		if (step != STEP_DONE)
			return step;
		if (start_login(c, e) != 0)
			return STEP_FAIL;
	}
	step = auth_step(c->auth, e);
	if (step == STEP_AGAIN && opening_has_failed(c)) {
		err_set(e, ERR_TIMEOUT, "no answer to the login");
		return STEP_FAIL;
	}
	if (step == STEP_AGAIN)
		return step;
	if (step == STEP_FAIL) {
		if (!opening_has_failed(c))
			report(c);
		opening_note_offence(c);
		return step;
	}
	client_set_deadline(c, 0);
	log_verbose("Authenticated to %s ([%s]:%d) using \"%s\".", c->host,
		    stream_peer_address(stream), stream_peer_port(stream),
		    auth_method(c->auth));
	c->login_text = auth_describe(c->auth);
	opening_note_login(c);
	/* key material is not needed any more */
	auth_free(c->auth);
	c->auth = NULL;
	return STEP_DONE;
}
