/* conf_finish(): what was not given, and what follows from several values. */
#include "conf/conf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/err.h"
#include "base/path.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "conf/args.h"
#include "conf/canonical.h"
#include "conf/settle.h"
#include "conf/table.h"
#include "conf/tokens.h"
#include "conf/value.h"

#define BATCH_ALIVE_SECONDS 300
#define RECONNECT_ALIVE_SECONDS 10
#define RECONNECT_CONNECT_SECONDS 30

/* Say why the default of a keyword is what it is. */
static void
explain(struct conf *c, const char *keyword, const char *reason)
{
	const struct history_entry entry = {
		.row = table_index(table_find(keyword)),
		.place = xstrdup(reason),
	};

	history_take_won(&c->history, entry, false);
}

static int
apply_preset(struct conf *c, const struct row *row, struct err *e)
{
	struct args a;
	int rc;

	rc = args_split(&a, row->preset);
	while (rc == 0 && args_left(&a) > 0)
		rc = value_parse(row, c, &a, e);
	args_clear(&a);
	return rc;
}

static int
apply_presets(struct conf *c, struct err *e)
{
	const struct row *row;

	for (size_t i = 0; (row = table_row(i)) != NULL; i++) {
		if (row->type == ROW_ALIAS || row->preset == NULL ||
		    c->given[i] != CONF_FROM_DEFAULT)
			continue;
		if (apply_preset(c, row, e) != 0)
			return err_wrap(e, "default of %s", row->name);
	}
	return 0;
}

/* Beside others, where ssh allows that, "none" stays: tokens_expand_list()
 * leaves it out. */
static void
drop_none(struct strv *list)
{
	if (list->len == 1 && strcasecmp(list->items[0], "none") == 0)
		strv_clear(list);
}

/* A value "none" has served its purpose: nothing later could set another. */
static void
clear_none(struct conf *c)
{
	const struct row *row;

	for (size_t i = 0; (row = table_row(i)) != NULL; i++) {
		if (row->type == ROW_WORDS || row->type == ROW_LIST)
			drop_none(value_list(row, c));
		else if (row->flags & ROW_NONE && *value_text(row, c) != NULL &&
			 strcasecmp(*value_text(row, c), "none") == 0)
			value_clear(row, c);
	}
	drop_none(&c->canonicalize_permitted_cnames);
	if (c->proxy_jump.len == 0)
		spec_hops_clear(&c->proxy_jump);
}

static void
finish_forwardings(struct conf *c)
{
	if (c->stdio_forward != NULL) {
		if (table_source(c, "ExitOnForwardFailure") ==
		    CONF_FROM_DEFAULT) {
			c->exit_on_forward_failure = true;
			explain(c, "ExitOnForwardFailure", "-W");
		}
		if (table_source(c, "ClearAllForwardings") ==
		    CONF_FROM_DEFAULT) {
			c->clear_all_forwardings = true;
			explain(c, "ClearAllForwardings", "-W");
		}
	}
	if (!c->clear_all_forwardings)
		return;
	forward_specs_clear(&c->local_forward);
	forward_specs_clear(&c->remote_forward);
	forward_specs_clear(&c->dynamic_forward);
	c->tunnel = CONF_TUNNEL_NO;
}

/* Learning further keys is for who keeps the usual files only. */
static void
finish_update_host_keys(struct conf *c)
{
	const struct strv *files = &c->user_known_hosts_file;
	bool usual =
	    table_source(c, "UserKnownHostsFile") == CONF_FROM_DEFAULT ||
	    (files->len == 1 &&
	     strcmp(files->items[0], "~/.ssh/known_hosts") == 0);

	if (table_source(c, "UpdateHostKeys") != CONF_FROM_DEFAULT)
		return;
	c->update_host_keys =
	    usual && c->verify_host_key_dns == CONF_NO ? CONF_YES : CONF_NO;
	if (c->update_host_keys == CONF_NO)
		explain(c, "UpdateHostKeys",
			usual ? "because of VerifyHostKeyDNS"
			      : "because of UserKnownHostsFile");
}

/* Who shall come back has to be missed first; and who waits for a server that
 * never answers does not try again. */
static void
finish_reconnect(struct conf *c)
{
	if (c->reconnect == CONF_RECONNECT_NO)
		return;
	if (table_source(c, "ServerAliveInterval") == CONF_FROM_DEFAULT) {
		c->server_alive_interval = RECONNECT_ALIVE_SECONDS;
		explain(c, "ServerAliveInterval", "because of Reconnect");
	}
	if (table_source(c, "ConnectTimeout") == CONF_FROM_DEFAULT) {
		c->connect_timeout = RECONNECT_CONNECT_SECONDS;
		explain(c, "ConnectTimeout", "because of Reconnect");
	}
}

/* As in Debian's ssh: where nobody watches, a dead connection must end. */
static void
finish_batch_mode(struct conf *c)
{
	if (!c->batch_mode || c->reconnect != CONF_RECONNECT_NO ||
	    table_source(c, "ServerAliveInterval") != CONF_FROM_DEFAULT)
		return;
	c->server_alive_interval = BATCH_ALIVE_SECONDS;
	explain(c, "ServerAliveInterval", "because of BatchMode");
}

/* Only a command hands a descriptor over. */
static void
finish_fdpass(struct conf *c)
{
	if (!c->proxy_use_fdpass || c->proxy_jump.len == 0)
		return;
	c->proxy_use_fdpass = false;
	explain(c, "ProxyUseFdpass", "because of ProxyJump");
}

static int
finish_user(struct conf *c, struct err *e)
{
	const char *user = path_user();

	if (c->user != NULL)
		return 0;
	if (user == NULL)
		return err_set(e, ERR_CONF, "No user exists for uid %lu",
			       (unsigned long)getuid());
	c->user = xstrdup(user);
	explain(c, "User", "the local user");
	return 0;
}

/* As in ssh, which shows it so in -G and in %k. */
static void
finish_alias(struct conf *c)
{
	char *alias = c->host_key_alias;

	if (alias == NULL)
		return;
	c->host_key_alias = str_lower(alias);
	free(alias);
}

static int
finish_host(struct conf *c, struct err *e)
{
	char *name;

	if (c->host == NULL)
		return 0;
	name = canonical_written(c, e);
	if (name == NULL)
		return -1;
	free(c->host_name);
	c->host_name = name;
	if (table_source(c, "HostName") == CONF_FROM_DEFAULT)
		explain(c, "HostName", "the destination");
	return 0;
}

/* As in ssh, a host is not reached through itself. */
static int
check_jump(const struct conf *c, struct err *e)
{
	const struct spec_hops *hops = &c->proxy_jump;
	const struct spec_place *hop;
	int port;

	if (hops->len == 0 || c->host == NULL)
		return 0;
	hop = &hops->items[hops->len - 1];
	port = hop->port != 0 ? hop->port : CONF_DEFAULT_PORT;
	if (strcmp(hop->host, c->host_name) != 0 || port != c->port ||
	    (hop->user != NULL && strcmp(hop->user, c->user) != 0))
		return 0;
	return err_set(e, ERR_CONF, "jumphost loop via %s", hop->host);
}

static int
check_together(const struct conf *c, struct err *e)
{
	bool has_command = c->command_text != NULL || c->remote_command != NULL;

	if (c->connection_attempts == 0)
		return err_set(e, ERR_CONF,
			       "Invalid number of ConnectionAttempts");
	if (c->command_text != NULL && c->remote_command != NULL)
		return err_set(e, ERR_CONF,
			       "Cannot execute command-line and remote "
			       "command.");
	if (c->fork_after_authentication && !has_command &&
	    c->session_type != CONF_SESSION_NONE)
		return err_set(e, ERR_CONF,
			       "Cannot fork into background without a command "
			       "to execute.");
	if (c->mux_command != NULL && c->control_path == NULL &&
	    c->action == CONF_ACTION_CONNECT)
		return err_set(e, ERR_CONF,
			       "No ControlPath specified for \"-O\" command");
	return 0;
}

/* Who has no home has no files in it; what was named there is another
 * matter. */
static void
drop_home(struct conf *c)
{
	if (path_home() != NULL)
		return;
	if (table_source(c, "IdentityFile") == CONF_FROM_DEFAULT)
		strv_clear(&c->identity_file);
	if (table_source(c, "UserKnownHostsFile") == CONF_FROM_DEFAULT)
		strv_clear(&c->user_known_hosts_file);
	if (table_source(c, "FastOpenExceptions") == CONF_FROM_DEFAULT) {
		free(c->fast_open_exceptions);
		c->fast_open_exceptions = NULL;
	}
}

int
conf_finish(struct conf *c, struct err *e)
{
	c->identity_file_is_default =
	    table_source(c, "IdentityFile") == CONF_FROM_DEFAULT;
	if (apply_presets(c, e) != 0)
		return -1;
	clear_none(c);
	drop_home(c);
	finish_forwardings(c);
	finish_update_host_keys(c);
	finish_batch_mode(c);
	finish_reconnect(c);
	finish_fdpass(c);
	finish_alias(c);
	if (finish_user(c, e) != 0 || finish_host(c, e) != 0)
		return -1;
	c->is_finished = true;
	if (settle_values(c, e) != 0)
		return -1;
	if (check_jump(c, e) != 0)
		return -1;
	return check_together(c, e);
}
