/* The stage that decides whether the server is the one it should be. The order
 * of the checks is ssh's. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "connect/hosts_command.h"
#include "connect/internal.h"
#include "connect/verify.h"
#include "keys/key.h"
#include "keys/verify.h"
#include "net/stream.h"
#include "ssh/session.h"
#include "trust/known_hosts.h"

void
verify_free(struct verify *v)
{
	if (v == NULL)
		return;
	hosts_command_free(v->command);
	free(v->question);
	free(v);
}

static bool
is_loopback(const char *address)
{
	return str_starts(address, "127.") || strcmp(address, "::1") == 0;
}

/* Has the address a name of its own in known_hosts? As in ssh, not that of this
 * machine, and that the host's name is an alias does not matter. */
static bool
has_own_address(const struct connection *c, const char *plain)
{
	return !c->target->is_proxied && !is_loopback(plain) &&
	       strcmp(c->target->host, c->address) != 0 &&
	       strcmp(c->target->title, c->address) != 0;
}

/* --- the checks; STEP_FAIL: the server is not to be trusted --- */

static enum step
check_revoked(struct connection *c, struct err *e)
{
	const struct strv *files = &c->conf->revoked_host_keys;

	(void)e;
	for (size_t i = 0; i < files->len; i++)
		if (verify_revoked_by(c, files->items[i]))
			return STEP_FAIL;
	return STEP_DONE;
}

static enum step
check_dns(struct connection *c, struct err *e)
{
	(void)e;
	return verify_by_dns(c);
}

static enum step
check_loopback(struct connection *c, struct err *e)
{
	(void)e;
	if (c->conf->no_host_authentication_for_localhost &&
	    c->conf->host_key_alias == NULL && !c->target->is_proxied &&
	    is_loopback(stream_peer_address(session_stream(c->session)))) {
		log_debug("Forcing accepting of host key for "
			  "loopback/localhost.");
		c->verify->is_settled = true;
	}
	return STEP_DONE;
}

/* Let the command say what it knows of the name. */
static enum step
ask_command(struct connection *c, const char *reason, const char *name,
	    struct err *e)
{
	const struct hosts_query q = {
		.reason = reason,
		.name = name,
		.about = name,
		.key = c->host_key,
	};
	struct verify *v = c->verify;
	enum step step;

	if (v->command == NULL)
		v->command = hosts_command_new(c, &q);
	if (v->command == NULL)
		return STEP_DONE;
	step = hosts_command_step(v->command, e);
	if (step == STEP_AGAIN)
		return step;
	hosts_command_free(v->command);
	v->command = NULL;
	return step;
}

static enum step
ask_about_host(struct connection *c, struct err *e)
{
	return ask_command(c, "HOSTNAME", c->target->title, e);
}

static enum step
ask_about_address(struct connection *c, struct err *e)
{
	if (!c->checks_ip || c->host_key->cert != NULL)
		return STEP_DONE;
	return ask_command(c, "ADDRESS", c->address, e);
}

static enum step
check_certificate(struct connection *c, struct err *e)
{
	(void)e;
	if (c->host_key->cert == NULL ||
	    known_hosts_check(c->known_hosts, c->target->title, c->host_key,
			      NULL) == KNOWN_HOSTS_IS_REVOKED)
		return STEP_DONE;
	c->verify->is_settled = verify_certificate(c);
	if (!c->verify->is_settled)
		verify_drop_certificate(c);
	return STEP_DONE;
}

static enum step
check_host(struct connection *c, struct err *e)
{
	enum step step = verify_known_host(c);

	(void)e;
	if (step == STEP_DONE) {
		free(c->verify->question);
		c->verify->question = NULL;
	}
	return step;
}

static enum step
check_address(struct connection *c, struct err *e)
{
	(void)e;
	return verify_known_address(c);
}

static enum step (*const checks[])(struct connection *c, struct err *e) = {
	check_revoked,     check_dns,         check_loopback, ask_about_host,
	ask_about_address, check_certificate, check_host,     check_address,
};

#define N_CHECKS (sizeof(checks) / sizeof(checks[0]))

static enum step
judge(struct connection *c, struct err *e)
{
	struct verify *v = c->verify;

	while (v->n_done < N_CHECKS && !v->is_settled) {
		enum step step = checks[v->n_done](c, e);

		if (step != STEP_DONE)
			return step;
		v->n_done++;
	}
	return STEP_DONE;
}

/* Take the server's key as it came; a certificate must be what its authority
 * signed, whoever that is. */
static int
take_host_key(struct connection *c, struct err *e)
{
	size_t len;
	const void *blob = session_host_key(c->session, &len);

	c->host_key = key_from_blob(blob, len, e);
	if (c->host_key == NULL ||
	    (c->host_key->cert != NULL && key_verify_cert(c->host_key, e) != 0))
		return err_wrap(e, "The server's host key");
	verify_log_key(c);
	if (c->host_key->type == KEY_RSA &&
	    key_bits(c->host_key) < c->conf->required_rsa_size)
		return err_set(e, ERR_HOST_KEY,
			       "Bad server host key: Invalid key length (%d "
			       "bits, RequiredRSASize is %d)",
			       key_bits(c->host_key),
			       c->conf->required_rsa_size);
	return 0;
}

static void
begin(struct connection *c)
{
	const char *plain = stream_peer_address(session_stream(c->session));

	c->address = c->target->is_proxied
			 ? xstrdup("<no hostip for proxy command>")
			 : known_hosts_name(plain, c->conf->port);
	c->checks_ip = c->conf->check_host_ip && has_own_address(c, plain);
	c->verify = xcalloc(1, sizeof(*c->verify));
}

enum step
connection_verify(struct connection *c, struct err *e)
{
	struct err why = { .kind = ERR_NONE };
	bool was_waiting = c->verify != NULL;
	enum step step;

	if (c->host_key == NULL) {
		if (take_host_key(c, e) != 0)
			return STEP_FAIL;
		begin(c);
	}
	step = judge(c, &why);
	/* what the server says while the user thinks, be it good-bye, waits */
	if (was_waiting || step == STEP_AGAIN)
		stream_want_read(session_stream(c->session),
				 step != STEP_AGAIN);
	if (step == STEP_AGAIN)
		return step;
	verify_free(c->verify);
	c->verify = NULL;
	if (step == STEP_FAIL) {
		if (why.kind == ERR_NONE)
			err_set(&why, ERR_HOST_KEY,
				"Host key verification failed.");
		*e = why;
		return step;
	}
	if (c->is_untrusted && c->conf->exit_on_forward_failure) {
		err_set(e, ERR_HOST_KEY,
			"Error: forwarding disabled due to host key check "
			"failure");
		return STEP_FAIL;
	}
	return STEP_DONE;
}
