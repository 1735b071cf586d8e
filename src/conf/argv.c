/* conf_parse_argv(): the command line of ssh(1). */
#include "conf/conf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/path.h"
#include "base/xalloc.h"
#include "conf/args.h"
#include "conf/letters.h"
#include "conf/line.h"
#include "conf/scalar.h"
#include "conf/spec.h"
#include "conf/table.h"
#include "conf/value.h"

/* Letters that stand alone and set a keyword, whatever -o said before. */
static const struct {
	char letter;
	const char *keyword;
	const char *value;
} switches[] = {
	{ '4', "AddressFamily", "inet" },
	{ '6', "AddressFamily", "inet6" },
	{ 'A', "ForwardAgent", "yes" },
	{ 'a', "ForwardAgent", "no" },
	{ 'C', "Compression", "yes" },
	{ 'f', "ForkAfterAuthentication", "yes" },
	{ 'f', "StdinNull", "yes" },
	{ 'g', "GatewayPorts", "yes" },
	{ 'K', "GSSAPIAuthentication", "yes" },
	{ 'K', "GSSAPIDelegateCredentials", "yes" },
	{ 'k', "GSSAPIDelegateCredentials", "no" },
	{ 'N', "SessionType", "none" },
	{ 'N', "RequestTTY", "no" },
	{ 'n', "StdinNull", "yes" },
	{ 'q', "LogLevel", "QUIET" },
	{ 's', "SessionType", "subsystem" },
	{ 'T', "RequestTTY", "no" },
	{ 'X', "ForwardX11", "yes" },
	{ 'x', "ForwardX11", "no" },
	{ 'Y', "ForwardX11", "yes" },
	{ 'Y', "ForwardX11Trusted", "yes" },
};

#define N_SWITCHES (sizeof(switches) / sizeof(switches[0]))

/* Parse one word as the row's value, in place of what was there. */
static int
set_row(struct conf *c, const struct row *row, const char *value, struct err *e)
{
	char *word = xstrdup(value);
	struct args a = { .raw = value, .words = { &word, 1 } };
	int rc = value_parse(row, c, &a, e);

	free(word);
	if (rc == 0)
		line_mark(c, row, CONF_FROM_ARGV);
	return rc;
}

static int
set_keyword(struct conf *c, const char *keyword, const char *value,
	    struct err *e)
{
	return set_row(c, table_find(keyword), value, e);
}

static int
apply_switches(struct conf *c, char letter, struct err *e)
{
	for (size_t i = 0; i < N_SWITCHES; i++)
		if (switches[i].letter == letter &&
		    set_keyword(c, switches[i].keyword, switches[i].value, e))
			return -1;
	return 0;
}

/* -v, -vv, -vvv */
static int
louder(struct conf *c, struct err *e)
{
	static const char *const names[] = { "DEBUG1", "DEBUG2", "DEBUG3" };
	int level = (int)c->log_level - LOG_LEVEL_DEBUG1 + 1;

	level = level < 0 ? 0 : level > 2 ? 2 : level;
	return set_keyword(c, "LogLevel", names[level], e);
}

static int
set_session(struct conf *c, char letter, struct err *e)
{
	int other = letter == 'N' ? CONF_SESSION_SUBSYSTEM : CONF_SESSION_NONE;

	if (table_source(c, "SessionType") != CONF_FROM_DEFAULT &&
	    c->session_type == other)
		return err_set(e, ERR_CONF,
			       letter == 'N'
				   ? "Cannot specify -N with -s/SessionType"
				   : "Cannot specify -s with -N/SessionType");
	return apply_switches(c, letter, e);
}

static int
apply_alone(struct conf *c, char letter, struct err *e)
{
	bool again;

	switch (letter) {
	case '1':
		return err_set(e, ERR_CONF,
			       "SSH protocol v.1 is no longer supported");
	case 'G':
		c->action = CONF_ACTION_DUMP;
		return 0;
	case 'M':
		again = c->control_master == CONF_CONTROL_YES;
		return set_keyword(c, "ControlMaster", again ? "ask" : "yes",
				   e);
	case 'N':
	case 's':
		return set_session(c, letter, e);
	case 't':
		again = c->request_tty == CONF_REQUEST_TTY_YES;
		return set_keyword(c, "RequestTTY", again ? "force" : "yes", e);
	case 'V':
		c->action = CONF_ACTION_VERSION;
		return 0;
	case 'v':
		return louder(c, e);
	case 'y':
		c->use_syslog = true;
		return 0;
	case 'Z':
		c->action = CONF_ACTION_LIST_KEYS;
		return 0;
	default:
		return apply_switches(c, letter, e);
	}
}

/* A key file that is not there is not worth a failure. */
static int
add_identity(struct conf *c, const char *value, struct err *e)
{
	char *path = path_expand_tilde(value, e);
	struct stat st;
	int rc = 0;

	if (path == NULL)
		return -1;
	if (stat(path, &st) != 0)
		strv_add_take(&c->warnings,
			      xasprintf("Warning: Identity file %s not "
					"accessible: %s.",
					path, strerror(errno)));
	else
		rc = set_keyword(c, "IdentityFile", path, e);
	free(path);
	return rc;
}

static int
add_forward(struct conf *c, const struct letter *l, struct err *e)
{
	const struct row *row = table_find_letter(l->name);
	enum forward_kind kind = row->forwards;
	struct forward_spec spec;
	int rc = forward_spec_parse(l->value, kind, &spec);

	if (rc != 0 && kind == FORWARD_REMOTE)
		rc =
		    forward_spec_parse(l->value, FORWARD_REMOTE_DYNAMIC, &spec);
	if (rc != 0)
		return letters_bad_value(l, e);
	line_mark(c, row, CONF_FROM_ARGV);
	return value_add_forward(value_forwards(row, c), &spec, e);
}

static int
set_jump(struct conf *c, const char *value, struct err *e)
{
	if (c->proxy_jump.text != NULL)
		return err_set(e, ERR_CONF,
			       "Only a single -J option is permitted (use "
			       "commas to separate multiple jump hops)");
	if (c->proxy_command != NULL)
		return err_set(e, ERR_CONF,
			       "Cannot specify -J with ProxyCommand");
	if (set_keyword(c, "ProxyJump", value, e) != 0)
		return err_set(e, ERR_CONF, "Invalid -J argument");
	return 0;
}

static int
set_stdio_forward(struct conf *c, const struct letter *l, struct err *e)
{
	struct forward_spec spec;

	if (c->stdio_forward != NULL)
		return err_set(e, ERR_CONF, "stdio forward already specified");
	if (c->mux_command != NULL)
		return err_set(e, ERR_CONF,
			       "Cannot specify stdio forward with -O");
	if (forward_spec_parse(l->value, FORWARD_STDIO, &spec) != 0)
		return letters_bad_value(l, e);
	c->stdio_forward = xmemdup(&spec, sizeof(spec));
	if (set_keyword(c, "RequestTTY", "no", e) != 0)
		return -1;
	return set_keyword(c, "SessionType", "none", e);
}

static int
set_mux_command(struct conf *c, const char *value, struct err *e)
{
	static const char *const known[] = {
		"check",  "forward", "exit",     "stop",
		"cancel", "proxy",   "conninfo", "channels",
	};

	if (c->stdio_forward != NULL)
		return err_set(e, ERR_CONF,
			       "Cannot specify multiplexing command with -W");
	if (c->mux_command != NULL)
		return err_set(e, ERR_CONF,
			       "Multiplexing command already specified");
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(value, known[i]) == 0)
			c->mux_command = xstrdup(value);
	if (c->mux_command == NULL)
		return err_set(e, ERR_CONF, "Invalid multiplex command.");
	return 0;
}

static void
replace(char **text, const char *value)
{
	free(*text);
	*text = xstrdup(value);
}

/* A letter whose argument is the value of the row that names it. */
static int
set_by_row(struct conf *c, const struct letter *l, struct err *e)
{
	const struct row *row = table_find_letter(l->name);
	struct conf before = { .host = NULL };
	int rc;

	if (row == NULL)
		return letters_bad_value(l, e);
	if (c->given[table_index(row)] && !(row->flags & ROW_OVERRIDES)) {
		rc = set_row(&before, row, l->value, e);
		conf_clear(&before);
	} else {
		rc = set_row(c, row, l->value, e);
		if (row == table_find("User"))
			c->user_is_typed = true;
	}
	if (rc != 0)
		return letters_bad_value(l, e);
	if (l->name == 'w' && table_source(c, "Tunnel") == CONF_FROM_DEFAULT)
		return set_keyword(c, "Tunnel", "yes", e);
	return 0;
}

static int
apply_with_value(struct conf *c, const struct letter *l, struct err *e)
{
	switch (l->name) {
	case 'D':
	case 'L':
	case 'R':
		return add_forward(c, l, e);
	case 'E':
		replace(&c->log_file, l->value);
		return 0;
	case 'F':
		replace(&c->config_file, l->value);
		return 0;
	case 'i':
		return add_identity(c, l->value, e);
	case 'J':
		return set_jump(c, l->value, e);
	case 'O':
		return set_mux_command(c, l->value, e);
	case 'o':
		return conf_set(c, l->value, e);
	case 'Q':
		replace(&c->query, l->value);
		c->action = CONF_ACTION_QUERY;
		return 0;
	case 'W':
		return set_stdio_forward(c, l, e);
	default:
		return set_by_row(c, l, e);
	}
}

static int
set_destination(struct conf *c, const char *text, struct err *e)
{
	struct spec_place place;

	if (spec_destination(text, &place) != 0)
		return letters_usage_error(NULL, e);
	c->host = place.host;
	place.host = NULL;
	if (place.user != NULL && c->user == NULL) {
		c->user = place.user;
		place.user = NULL;
		c->user_is_typed = true;
		line_mark(c, table_find("User"), CONF_FROM_ARGV);
	}
	if (place.port != 0 && table_source(c, "Port") == CONF_FROM_DEFAULT) {
		c->port = place.port;
		line_mark(c, table_find("Port"), CONF_FROM_ARGV);
	}
	spec_place_clear(&place);
	return 0;
}

static int
set_command(struct conf *c, const struct letters *at, struct err *e)
{
	for (int i = at->next; i < at->argc; i++)
		strv_add(&c->command, at->argv[i]);
	if (c->command.len > 0) {
		c->command_text = strv_join(&c->command, " ");
		return 0;
	}
	if (c->session_type != CONF_SESSION_SUBSYSTEM)
		return 0;
	return letters_usage_error("You must specify a subsystem to invoke.",
				   e);
}

static int
check_names(const struct conf *c, struct err *e)
{
	if (!scalar_is_host(c->host))
		return err_set(e, ERR_CONF,
			       "hostname contains invalid characters");
	if (c->user != NULL && !scalar_is_user(c->user))
		return err_set(e, ERR_CONF,
			       "remote username contains invalid characters");
	return 0;
}

static bool
is_settled(const struct conf *c)
{
	return c->action == CONF_ACTION_VERSION ||
	       c->action == CONF_ACTION_QUERY;
}

int
conf_parse_argv(struct conf *c, int argc, char **argv, struct err *e)
{
	struct letters at = { .argc = argc, .argv = argv, .next = 1 };
	struct letter l;
	int got;

	/* Options may stand before and after the destination. */
	for (;;) {
		while ((got = letters_next(&at, &l, e)) > 0) {
			if ((l.value == NULL ? apply_alone(c, l.name, e)
					     : apply_with_value(c, &l, e)) != 0)
				return -1;
			if (is_settled(c))
				return 0;
		}
		if (got < 0)
			return -1;
		if (c->host != NULL || at.next >= argc)
			break;
		if (set_destination(c, argv[at.next++], e) != 0)
			return -1;
		if (at.ended)
			break;
	}
	if (c->host == NULL)
		return letters_usage_error(NULL, e);
	if (check_names(c, e) != 0)
		return -1;
	return set_command(c, &at, e);
}
