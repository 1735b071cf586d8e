/* The first stage: turn the configuration's text into names, paths and
 * lists. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "client/interactive.h"
#include "client/internal.h"
#include "client/opening.h"
#include "conf/conf.h"
#include "conf/tokens.h"
#include "ssh/algorithms.h"
#include "trust/known_hosts.h"

static void
prepare_names(struct client *c)
{
	const struct conf *o = c->conf;

	c->host = xstrdup(o->host_name);
	c->host_title = o->host_key_alias != NULL
			    ? xstrdup(o->host_key_alias)
			    : known_hosts_name(c->host, o->port);
}

/* SSH_AUTH_SOCK, IdentityAgent PATH, $VARIABLE or none. */
static void
prepare_agent(struct client *c)
{
	const char *want = c->conf->identity_agent;

	if (want != NULL && strcmp(want, "none") == 0)
		return;
	if (want == NULL || strcmp(want, "SSH_AUTH_SOCK") == 0)
		want = getenv("SSH_AUTH_SOCK");
	else if (want[0] == '$')
		want = getenv(want + 1);
	if (want != NULL && *want != '\0')
		c->agent_path = xstrdup(want);
}

static int
prepare_files(struct client *c, struct err *e)
{
	const struct conf *o = c->conf;

	if (tokens_expand_paths(o, &o->identity_file, &c->identity_files, e) !=
		0 ||
	    tokens_expand_paths(o, &o->certificate_file, &c->certificate_files,
				e) != 0 ||
	    tokens_expand_paths(o, &o->user_known_hosts_file,
				&c->user_known_hosts, e) != 0)
		return -1;
	return tokens_expand_paths(o, &o->global_known_hosts_file,
				   &c->global_known_hosts, e);
}

/* "none": FastOpen remembers nothing. */
static int
prepare_exceptions(struct client *c, struct err *e)
{
	const char *path = c->conf->fast_open_exceptions;

	if (strcasecmp(path, "none") == 0)
		return 0;
	c->exceptions_path = tokens_expand_path(c->conf, path, e);
	return c->exceptions_path != NULL ? 0 : -1;
}

enum session_engine
client_engine(const struct conf *o)
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
prepare_algorithms(struct client *c, struct err *e)
{
	const struct conf *o = c->conf;
	enum session_engine engine = client_engine(o);

	if (!session_has_engine(engine))
		return err_set(e, ERR_CONF,
			       "Engine: this hawser was built without it");
	c->kex =
	    algorithms_resolve(engine, ALGORITHM_KEX, o->kex_algorithms, e);
	if (c->kex == NULL)
		return err_wrap(e, "KexAlgorithms");
	c->host_keys = algorithms_resolve(engine, ALGORITHM_HOST_KEY,
					  o->host_key_algorithms, e);
	if (c->host_keys == NULL)
		return err_wrap(e, "HostKeyAlgorithms");
	c->ciphers =
	    algorithms_resolve(engine, ALGORITHM_CIPHER, o->ciphers, e);
	if (c->ciphers == NULL)
		return err_wrap(e, "Ciphers");
	c->macs = algorithms_resolve(engine, ALGORITHM_MAC, o->macs, e);
	if (c->macs == NULL)
		return err_wrap(e, "MACs");
	c->signatures = algorithms_resolve(engine, ALGORITHM_SIGNATURE,
					   o->pubkey_accepted_algorithms, e);
	if (c->signatures == NULL)
		return err_wrap(e, "PubkeyAcceptedAlgorithms");
	/* authorities sign as users do */
	c->ca_signatures = algorithms_resolve(engine, ALGORITHM_SIGNATURE,
					      o->ca_signature_algorithms, e);
	if (c->ca_signatures == NULL)
		return err_wrap(e, "CASignatureAlgorithms");
	c->host_signatures = algorithms_resolve(
	    engine, ALGORITHM_SIGNATURE, o->hostbased_accepted_algorithms, e);
	if (c->host_signatures == NULL)
		return err_wrap(e, "HostbasedAcceptedAlgorithms");
	return 0;
}

/* RemoteCommand, or what stands after the destination. */
static void
prepare_command(struct client *c)
{
	const struct conf *o = c->conf;
	const char *command = o->command_text;

	if (command == NULL)
		command = o->remote_command;
	/* an empty word asks for a shell */
	if (command != NULL && *command != '\0')
		c->command = xstrdup(command);
}

enum step
client_prepare(struct client *c, struct err *e)
{
	prepare_names(c);
	prepare_agent(c);
	if (prepare_files(c, e) != 0 || prepare_exceptions(c, e) != 0 ||
	    prepare_algorithms(c, e) != 0)
		return STEP_FAIL;
	prepare_command(c);
	if (c->conf->identity_memory)
		c->memory_path = memory_path();
	c->memory_name = xasprintf("%s@%s", c->conf->user, c->host_title);
	opening_decide(c);
	if (interactive_is_wanted(c))
		c->interactive = interactive_new(c);
	return STEP_DONE;
}
