#include "connect/target.h"

#include <stdlib.h>
#include <string.h>

#include "auth/keyring.h"
#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "conf/settle.h"
#include "conf/tokens.h"
#include "connect/exceptions.h"
#include "ssh/algorithms.h"
#include "trust/known_hosts.h"

static void
prepare_names(struct target *t)
{
	const struct conf *o = t->conf;

	t->host = xstrdup(o->host_name);
	t->title = o->host_key_alias != NULL
		       ? xstrdup(o->host_key_alias)
		       : known_hosts_name(t->host, o->port);
}

static void
prepare_agent(struct target *t)
{
	t->agent_path = xstrdup_any(settle_agent_path(t->conf->identity_agent));
}

/* SecurityKeyProvider may name a variable that names it. */
static void
prepare_provider(struct target *t)
{
	const char *provider = t->conf->security_key_provider;

	if (provider != NULL && provider[0] == '$' && provider[1] != '\0') {
		log_debug("SecurityKeyProvider: %s is \"%s\"", provider,
			  getenv(provider + 1) != NULL ? getenv(provider + 1)
						       : "");
		provider = getenv(provider + 1);
	}
	t->security_key_provider = provider;
}

static int
prepare_files(struct target *t, struct err *e)
{
	const struct conf *o = t->conf;

	if (tokens_expand_list(o, "IdentityFile", &o->identity_file,
			       &t->identity_files, e) != 0 ||
	    tokens_expand_list(o, "CertificateFile", &o->certificate_file,
			       &t->certificate_files, e) != 0)
		return -1;
	return tokens_expand_list(o, "GlobalKnownHostsFile",
				  &o->global_known_hosts_file,
				  &t->global_known_hosts, e);
}

static int
prepare_exceptions(struct target *t, struct err *e)
{
	const char *path = t->conf->fast_open_exceptions;

	if (path == NULL)
		return 0;
	t->exceptions_path =
	    tokens_expand(t->conf, "FastOpenExceptions", path, NULL, e);
	return t->exceptions_path != NULL ? 0 : -1;
}

/* Addenda are for people; ssh has none. */
static void
prepare_identification(struct target *t)
{
	const char *addendum = t->conf->version_addendum;
	bool is_given = addendum != NULL && *addendum != '\0';

	t->identification =
	    xasprintf("SSH-2.0-hawser_" PACKAGE_VERSION "%s%s",
		      is_given ? " " : "", is_given ? addendum : "");
}

static enum session_engine
engine_of(const struct conf *o)
{
	switch ((enum conf_engine)o->engine) {
	case CONF_ENGINE_NATIVE:
		return SESSION_NATIVE;
	case CONF_ENGINE_LIBSSH2:
		break;
	}
	return SESSION_LIBSSH2;
}

static int
prepare_algorithms(struct target *t, struct err *e)
{
	const struct conf *o = t->conf;
	enum session_engine engine = engine_of(o);

	t->engine = engine;
	if (!session_has_engine(engine))
		return err_set(e, ERR_CONF,
			       "Engine libssh2: this hawser was built without "
			       "libssh2");
	t->kex =
	    algorithms_resolve(engine, ALGORITHM_KEX, o->kex_algorithms, e);
	if (t->kex == NULL)
		return err_wrap(e, "KexAlgorithms");
	t->host_keys = algorithms_resolve(engine, ALGORITHM_HOST_KEY,
					  o->host_key_algorithms, e);
	if (t->host_keys == NULL)
		return err_wrap(e, "HostKeyAlgorithms");
	t->ciphers =
	    algorithms_resolve(engine, ALGORITHM_CIPHER, o->ciphers, e);
	if (t->ciphers == NULL)
		return err_wrap(e, "Ciphers");
	t->macs = algorithms_resolve(engine, ALGORITHM_MAC, o->macs, e);
	if (t->macs == NULL)
		return err_wrap(e, "MACs");
	t->signatures = algorithms_resolve(engine, ALGORITHM_SIGNATURE,
					   o->pubkey_accepted_algorithms, e);
	if (t->signatures == NULL)
		return err_wrap(e, "PubkeyAcceptedAlgorithms");
	t->ca_signatures = algorithms_resolve(engine, ALGORITHM_CA_SIGNATURE,
					      o->ca_signature_algorithms, e);
	if (t->ca_signatures == NULL)
		return err_wrap(e, "CASignatureAlgorithms");
	t->host_signatures = algorithms_resolve(
	    engine, ALGORITHM_SIGNATURE, o->hostbased_accepted_algorithms, e);
	if (t->host_signatures == NULL)
		return err_wrap(e, "HostbasedAcceptedAlgorithms");
	return 0;
}

/* FastOpen, from the configuration and from what is remembered. */
static void
decide_haste(struct target *t)
{
	t->is_careful = !t->conf->fast_open ||
			exceptions_have(t->exceptions_path, t->title);
	log_debug("FastOpen: %s", t->is_careful ? "no" : "yes");
	if (!t->is_careful)
		memory_load(t->memory_path, t->memory_name, &t->memory);
}

int
target_init(struct target *t, const struct conf *conf, struct err *e)
{
	memset(t, 0, sizeof(*t));
	t->conf = conf;
	t->keyring = keyring_new();
	t->is_proxied = conf->proxy_command != NULL || conf->proxy_jump.len > 0;
	t->has_one_try = conf->proxy_command != NULL;
	prepare_names(t);
	prepare_agent(t);
	prepare_provider(t);
	prepare_identification(t);
	if (prepare_files(t, e) != 0 || prepare_exceptions(t, e) != 0 ||
	    prepare_algorithms(t, e) != 0)
		return -1;
	if (conf->identity_memory)
		t->memory_path = memory_path();
	t->memory_name = xasprintf("%s@%s", conf->user, t->title);
	decide_haste(t);
	return 0;
}

void
target_clear(struct target *t)
{
	strv_clear(&t->identity_files);
	strv_clear(&t->certificate_files);
	strv_clear(&t->global_known_hosts);
	free(t->host);
	free(t->title);
	free(t->agent_path);
	keyring_free(t->keyring);
	free(t->identification);
	free(t->exceptions_path);
	free(t->memory_path);
	free(t->memory_name);
	memory_clear(&t->memory);
	free(t->kex);
	free(t->host_keys);
	free(t->ciphers);
	free(t->macs);
	free(t->signatures);
	free(t->ca_signatures);
	free(t->host_signatures);
}

void
target_share_keys(struct target *t, const struct target *other)
{
	struct keyring *own = t->keyring;

	t->keyring = keyring_share(other->keyring);
	keyring_free(own);
}

void
target_forget_keys(struct target *t)
{
	keyring_clear(t->keyring);
}
