#include "conf/settle.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/forward_spec.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "conf/scalar.h"
#include "conf/table.h"
#include "conf/tokens.h"

/* Give a value up for another one, or fail if there is none. */
static int
replace(char **value, char *text)
{
	if (text == NULL)
		return -1;
	free(*value);
	*value = text;
	return 0;
}

static int
settle_text(const struct conf *c, char **value, const char *keyword,
	    struct err *e)
{
	if (*value == NULL)
		return 0;
	return replace(value, tokens_expand(c, keyword, *value, NULL, e));
}

/* As in ssh, a name in a file may hold what it likes, and what is made of it
 * here is checked. A name that was typed is meant as it is: it may come from a
 * link, and nobody shall choose which variables the server gets to see. */
static int
settle_user(struct conf *c, struct err *e)
{
	char *user;

	if (table_source(c, "User") != CONF_FROM_FILE)
		return 0;
	user = tokens_expand(c, "User", c->user, NULL, e);
	if (user != NULL && strpbrk(c->user, "%$") != NULL &&
	    !scalar_is_user(user)) {
		err_set(e, ERR_CONF,
			"remote username contains invalid characters");
		free(user);
		return -1;
	}
	return replace(&c->user, user);
}

/* The values, not the names. */
static int
settle_set_env(struct conf *c, struct err *e)
{
	for (size_t i = 0; i < c->set_env.len; i++) {
		char **entry = &c->set_env.items[i];
		size_t name_len = strcspn(*entry, "=") + 1;
		char *value =
		    tokens_expand(c, "SetEnv", *entry + name_len, NULL, e);
		char *whole = NULL;

		if (value != NULL)
			whole =
			    xasprintf("%.*s%s", (int)name_len, *entry, value);
		free(value);
		if (replace(entry, whole) != 0)
			return -1;
	}
	return 0;
}

/* Which variable's value is meant; NULL: the value is a path. */
static const char *
agent_variable(const char *value)
{
	if (strcmp(value, "SSH_AUTH_SOCK") == 0)
		return value;
	return value[0] == '$' && value[1] != '{' ? value + 1 : NULL;
}

const char *
settle_agent_path(const char *value)
{
	const char *variable = value != NULL ? agent_variable(value) : NULL;

	if (variable != NULL)
		value = getenv(variable);
	return value != NULL && *value != '\0' ? value : NULL;
}

/* The path of an agent's socket, unless it is the name of something else. */
static int
settle_agent(const struct conf *c, char **value, const char *keyword,
	     struct err *e)
{
	if (*value == NULL || agent_variable(*value) != NULL)
		return 0;
	return settle_text(c, value, keyword, e);
}

/* An end is expanded if it is a Unix socket. Variables have been replaced when
 * it was read, as in ssh. */
static int
settle_forwards(const struct conf *c, struct forward_specs *list,
		const char *keyword, struct err *e)
{
	for (size_t i = 0; i < list->len; i++)
		if (settle_text(c, &list->items[i].listen.path, keyword, e) !=
			0 ||
		    settle_text(c, &list->items[i].connect.path, keyword, e) !=
			0)
			return -1;
	return 0;
}

static int
settle_known_hosts(struct conf *c, struct err *e)
{
	struct strv paths;

	if (tokens_expand_list(c, "UserKnownHostsFile",
			       &c->user_known_hosts_file, &paths, e) != 0)
		return -1;
	strv_clear(&c->user_known_hosts_file);
	c->user_known_hosts_file = paths;
	return 0;
}

/* A path, or "fd:" and a number. */
static int
settle_events_file(struct conf *c, struct err *e)
{
	if (settle_text(c, &c->events_file, "EventsFile", e) != 0)
		return -1;
	if (c->events_file != NULL && str_starts(c->events_file, "fd:") &&
	    conf_events_fd(c) < 0)
		return err_set(e, ERR_CONF, "EventsFile: not a descriptor: %s",
			       c->events_file);
	return 0;
}

int
settle_values(struct conf *c, struct err *e)
{
	if (c->host == NULL)
		return 0;
	if (settle_user(c, e) != 0 || settle_set_env(c, e) != 0)
		return -1;
	if (settle_agent(c, &c->identity_agent, "IdentityAgent", e) != 0 ||
	    settle_agent(c, &c->forward_agent_path, "ForwardAgent", e) != 0)
		return -1;
	if (settle_forwards(c, &c->local_forward, "LocalForward", e) != 0 ||
	    settle_forwards(c, &c->remote_forward, "RemoteForward", e) != 0 ||
	    settle_forwards(c, &c->dynamic_forward, "DynamicForward", e) != 0)
		return -1;
	if (settle_text(c, &c->control_path, "ControlPath", e) != 0 ||
	    settle_text(c, &c->remote_command, "RemoteCommand", e) != 0 ||
	    settle_text(c, &c->version_addendum, "VersionAddendum", e) != 0)
		return -1;
	if (settle_events_file(c, e) != 0 ||
	    settle_text(c, &c->status_file, "StatusFile", e) != 0 ||
	    settle_text(c, &c->pid_file, "PidFile", e) != 0)
		return -1;
	return settle_known_hosts(c, e);
}
