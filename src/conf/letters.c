#include "conf/letters.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/xalloc.h"
#include "conf/args.h"
#include "conf/conf.h"
#include "conf/line.h"
#include "conf/table.h"
#include "conf/value.h"

/* Where ssh's usage text would break a line. */
#define USAGE_WIDTH 72
#define USAGE_INDENT "             "

struct use;

/* A letter that sets several keywords has as many rows, one below the other. */
struct letter {
	char name;
	const char *argument;  /* as the usage text calls it; NULL: none */
	const char *keyword;   /* what it sets; NULL: nothing */
	const char *value;     /* to what; NULL: to the argument */
	const char *more;      /* to what if it is given again */
	const char *complaint; /* what stands before a bad argument */
	const char *complaint_end;
	enum conf_action action;
	size_t text;    /* the field of struct conf that takes the argument */
	bool overrides; /* it wins over an earlier -o */
	bool is_weak;   /* it does not */
	bool is_apart;  /* the usage text has it elsewhere, or nowhere */
	int (*apply)(const struct use *u, struct err *e);
};

/* One that was met. */
struct use {
	const struct letter *l;
	struct conf *c;
	const char *argument;
};

static int
bad_argument(const struct use *u, struct err *e)
{
	const struct letter *l = u->l;

	if (l->complaint == NULL)
		return err_set(e, ERR_USAGE, "-%c: bad value '%s'\n", l->name,
			       u->argument);
	return err_set(e, ERR_USAGE, "%s '%s'%s\n", l->complaint, u->argument,
		       l->complaint_end != NULL ? l->complaint_end : "");
}

/* The letter as the place that a value is from; name is for its name. */
static struct line_origin
origin_of(const struct use *u, char name[3])
{
	name[0] = '-';
	name[1] = u->l->name;
	name[2] = '\0';
	return (struct line_origin){ .source = CONF_FROM_ARGV, .place = name };
}

static int
parse_word(struct conf *c, const struct row *row, const char *value,
	   struct err *e)
{
	char *word = xstrdup(value);
	struct args a = { .raw = value, .words = { &word, 1 } };
	int rc = value_parse(row, c, &a, e);

	free(word);
	return rc;
}

/* Parse one word as the value of the letter's keyword, in place of what was
 * there. */
static int
set_keyword(const struct use *u, const char *value, struct err *e)
{
	const struct row *row = table_find(u->l->keyword);
	char name[3];
	struct line_origin from = origin_of(u, name);

	if (parse_word(u->c, row, value, e) != 0)
		return -1;
	line_mark(u->c, row, &from, value);
	return 0;
}

/* It must be right, though it comes too late. */
static int
check_argument(const struct use *u, const struct row *row, struct err *e)
{
	struct conf unused = { .host = NULL };
	char name[3];
	struct line_origin from = origin_of(u, name);
	int rc = parse_word(&unused, row, u->argument, e);

	conf_clear(&unused);
	if (rc == 0)
		line_mark_lost(u->c, row, &from, u->argument);
	return rc;
}

/* What -o said before wins. */
static int
set_argument(const struct use *u, struct err *e)
{
	const struct row *row = table_find(u->l->keyword);
	int rc;

	if (!u->l->overrides && u->c->given[table_index(row)])
		rc = check_argument(u, row, e);
	else
		rc = set_keyword(u, u->argument, e);
	return rc == 0 ? 0 : bad_argument(u, e);
}

static int
refuse_version_1(const struct use *u, struct err *e)
{
	(void)u;
	return err_set(e, ERR_CONF, "SSH protocol v.1 is no longer supported");
}

static int
set_syslog(const struct use *u, struct err *e)
{
	(void)e;
	u->c->use_syslog = true;
	return 0;
}

/* -v, -vv, -vvv */
static int
louder(const struct use *u, struct err *e)
{
	static const char *const names[] = { "DEBUG1", "DEBUG2", "DEBUG3" };
	int level = (int)u->c->log_level - LOG_LEVEL_DEBUG1 + 1;

	level = level < 0 ? 0 : level > 2 ? 2 : level;
	return set_keyword(u, names[level], e);
}

/* -MM, -tt */
static int
set_more(const struct use *u, struct err *e)
{
	bool again = u->l->name == 'M'
			 ? u->c->control_master == CONF_CONTROL_YES
			 : u->c->request_tty == CONF_REQUEST_TTY_YES;

	return set_keyword(u, again ? u->l->more : u->l->value, e);
}

static int
set_session(const struct use *u, struct err *e)
{
	bool is_none = u->l->name == 'N';
	int other = is_none ? CONF_SESSION_SUBSYSTEM : CONF_SESSION_NONE;

	if (table_source(u->c, u->l->keyword) != CONF_FROM_DEFAULT &&
	    u->c->session_type == other)
		return err_set(e, ERR_CONF,
			       is_none
				   ? "Cannot specify -N with -s/SessionType"
				   : "Cannot specify -s with -N/SessionType");
	return set_keyword(u, u->l->value, e);
}

static int
set_option(const struct use *u, struct err *e)
{
	return conf_set(u->c, u->argument, e);
}

/* A key file that is not there is not worth a failure. */
static int
add_identity(const struct use *u, struct err *e)
{
	char *path = path_expand_tilde(u->argument, e);
	struct stat st;
	int rc = 0;

	if (path == NULL)
		return -1;
	if (stat(path, &st) != 0)
		strv_add_take(&u->c->warnings,
			      xasprintf("Warning: Identity file %s not "
					"accessible: %s.",
					path, strerror(errno)));
	else
		rc = set_keyword(u, path, e);
	free(path);
	return rc;
}

static int
add_forward(const struct use *u, struct err *e)
{
	const struct row *row = table_find(u->l->keyword);
	char name[3];
	struct line_origin from = origin_of(u, name);
	struct forward_spec spec;
	int rc = forward_spec_parse(u->argument, row->forwards, &spec);

	if (rc != 0 && row->forwards == FORWARD_REMOTE)
		rc = forward_spec_parse(u->argument, FORWARD_REMOTE_DYNAMIC,
					&spec);
	if (rc != 0)
		return bad_argument(u, e);
	rc = value_add_forward(value_forwards(row, u->c), &spec, e);
	line_mark(u->c, row, &from, u->argument);
	return rc;
}

static int
set_jump(const struct use *u, struct err *e)
{
	if (u->c->proxy_jump.text != NULL)
		return err_set(e, ERR_CONF,
			       "Only a single -J option is permitted (use "
			       "commas to separate multiple jump hops)");
	if (u->c->proxy_command != NULL)
		return err_set(e, ERR_CONF,
			       "Cannot specify -J with ProxyCommand");
	if (set_keyword(u, u->argument, e) != 0)
		return err_set(e, ERR_CONF, "Invalid -J argument");
	return 0;
}

static int
set_stdio_forward(const struct use *u, struct err *e)
{
	struct forward_spec spec;

	if (u->c->stdio_forward != NULL)
		return err_set(e, ERR_CONF, "stdio forward already specified");
	if (u->c->mux_command != NULL)
		return err_set(e, ERR_CONF,
			       "Cannot specify stdio forward with -O");
	if (forward_spec_parse(u->argument, FORWARD_STDIO, &spec) != 0)
		return bad_argument(u, e);
	u->c->stdio_forward = xmemdup(&spec, sizeof(spec));
	return 0;
}

static int
set_mux_command(const struct use *u, struct err *e)
{
	static const char *const known[] = {
		"check", "forward",  "exit",     "stop", "cancel",
		"proxy", "conninfo", "channels", "list", "list-json",
	};

	if (u->c->stdio_forward != NULL)
		return err_set(e, ERR_CONF,
			       "Cannot specify multiplexing command with -W");
	if (u->c->mux_command != NULL)
		return err_set(e, ERR_CONF,
			       "Multiplexing command already specified");
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(u->argument, known[i]) == 0)
			u->c->mux_command = xstrdup(u->argument);
	if (u->c->mux_command == NULL)
		return err_set(e, ERR_CONF, "Invalid multiplex command.");
	return 0;
}

/* clang-format off */
#define SETS(l, k, v)	.name = l, .keyword = k, .value = v
#define DOES(l, fn)	.name = l, .apply = fn
#define ACTS(l, a)	.name = l, .action = CONF_ACTION_##a
#define TAKES(l, a, k)	.name = l, .argument = a, .keyword = k
#define TEXT(l, a, f)	.name = l, .argument = a, \
	.text = offsetof(struct conf, f)
#define ADDS(l, a, k, what)	TAKES(l, a, k), .apply = add_forward, \
	.complaint = "Bad " what " forwarding specification"

/* In the order of the usage text. */
static const struct letter letters[] = {
	{ DOES('1', refuse_version_1), .is_apart = true },
	{ SETS('2', NULL, NULL), .is_apart = true },
	{ SETS('4', "AddressFamily", "inet") },
	{ SETS('6', "AddressFamily", "inet6") },
	{ SETS('A', "ForwardAgent", "yes") },
	{ SETS('a', "ForwardAgent", "no") },
	{ SETS('C', "Compression", "yes") },
	{ SETS('f', "ForkAfterAuthentication", "yes") },
	{ SETS('f', "StdinNull", "yes") },
	{ ACTS('G', DUMP) },
	{ SETS('g', "GatewayPorts", "yes") },
	{ SETS('K', "GSSAPIAuthentication", "yes") },
	{ SETS('K', "GSSAPIDelegateCredentials", "yes") },
	{ SETS('k', "GSSAPIDelegateCredentials", "no") },
	{ SETS('M', "ControlMaster", "yes"), .more = "ask",
	  .apply = set_more },
	{ SETS('N', "SessionType", "none"), .apply = set_session },
	{ SETS('N', "RequestTTY", "no") },
	{ SETS('n', "StdinNull", "yes") },
	{ SETS('q', "LogLevel", "QUIET") },
	{ SETS('s', "SessionType", "subsystem"), .apply = set_session },
	{ SETS('T', "RequestTTY", "no") },
	{ SETS('t', "RequestTTY", "yes"), .more = "force",
	  .apply = set_more },
	{ ACTS('V', VERSION) },
	{ SETS('v', "LogLevel", NULL), .apply = louder },
	{ SETS('X', "ForwardX11", "yes") },
	{ SETS('x', "ForwardX11", "no") },
	{ SETS('Y', "ForwardX11", "yes") },
	{ SETS('Y', "ForwardX11Trusted", "yes") },
	{ DOES('y', set_syslog) },
	{ ACTS('Z', LIST_KEYS) },
	{ TAKES('B', "bind_interface", "BindInterface"), .overrides = true },
	{ TAKES('b', "bind_address", "BindAddress"), .overrides = true },
	{ TAKES('c', "cipher_spec", "Ciphers"), .overrides = true,
	  .complaint = "Unknown cipher type" },
	{ ADDS('D', "[bind_address:]port", "DynamicForward", "dynamic") },
	{ TEXT('E', "log_file", log_file) },
	{ TAKES('e', "escape_char", "EscapeChar"), .overrides = true,
	  .complaint = "Bad escape character", .complaint_end = "." },
	{ TEXT('F', "configfile", config_file) },
	{ TAKES('I', "pkcs11", "PKCS11Provider"), .overrides = true },
	{ TAKES('i', "identity_file", "IdentityFile"), .apply = add_identity },
	{ TAKES('J', "destination", "ProxyJump"), .apply = set_jump },
	{ ADDS('L', "address", "LocalForward", "local") },
	{ TAKES('l', "login_name", "User") },
	{ TAKES('m', "mac_spec", "MACs"), .overrides = true,
	  .complaint = "Unknown mac type" },
	{ TAKES('O', "ctl_cmd", NULL), .apply = set_mux_command },
	{ TAKES('o', "option", NULL), .apply = set_option },
	{ TAKES('P', "tag", "Tag") },
	{ TAKES('p', "port", "Port"), .complaint = "Bad port" },
	{ TEXT('Q', "query_option", query), .action = CONF_ACTION_QUERY,
	  .is_apart = true },
	{ ADDS('R', "address", "RemoteForward", "remote") },
	{ TAKES('S', "ctl_path", "ControlPath"), .overrides = true },
	{ TAKES('W', "host:port", NULL), .apply = set_stdio_forward,
	  .complaint = "Bad stdio forwarding specification" },
	{ SETS('W', "RequestTTY", "no") },
	{ SETS('W', "SessionType", "none") },
	{ TAKES('w', "local_tun[:remote_tun]", "TunnelDevice"),
	  .overrides = true, .complaint = "Bad tun device" },
	{ SETS('w', "Tunnel", "yes"), .is_weak = true },
};
/* clang-format on */

#define N_LETTERS (sizeof(letters) / sizeof(letters[0]))

const struct letter *
letters_find(char name)
{
	for (size_t i = 0; i < N_LETTERS; i++)
		if (letters[i].name == name)
			return &letters[i];
	return NULL;
}

const char *
letters_argument(const struct letter *l)
{
	return l->argument;
}

static int
apply_row(const struct use *u, struct err *e)
{
	const struct letter *l = u->l;
	char **text = (char **)(void *)((char *)u->c + l->text);

	if (l->apply != NULL)
		return l->apply(u, e);
	if (l->action != CONF_ACTION_CONNECT &&
	    !(l->action == CONF_ACTION_DUMP &&
	      u->c->action == CONF_ACTION_EXPLAIN))
		u->c->action = l->action;
	if (l->text != 0) {
		free(*text);
		*text = xstrdup(u->argument);
	}
	if (l->keyword == NULL ||
	    (l->is_weak && table_source(u->c, l->keyword) != CONF_FROM_DEFAULT))
		return 0;
	return l->value == NULL ? set_argument(u, e)
				: set_keyword(u, l->value, e);
}

int
letters_apply(const struct letter *l, struct conf *c, const char *argument,
	      struct err *e)
{
	struct use u = { l, c, argument };

	for (; u.l < letters + N_LETTERS && u.l->name == l->name; u.l++)
		if (apply_row(&u, e) != 0)
			return -1;
	return 0;
}

char
letters_of_keyword(const char *keyword)
{
	for (size_t i = 0; i < N_LETTERS; i++)
		if (letters[i].keyword != NULL &&
		    strcmp(letters[i].keyword, keyword) == 0)
			return letters[i].name;
	return '\0';
}

char *
conf_usage(void)
{
	struct buf out = BUF_INIT;
	size_t line = 0;

	buf_add_str(&out, "usage: hawser [-");
	for (size_t i = 0; i < N_LETTERS; i++)
		if (letters_find(letters[i].name) == &letters[i] &&
		    letters[i].argument == NULL && !letters[i].is_apart)
			buf_add_byte(&out, (unsigned char)letters[i].name);
	buf_add_byte(&out, ']');
	for (size_t i = 0; i < N_LETTERS; i++) {
		const struct letter *l = &letters[i];

		if (l->argument == NULL || l->is_apart)
			continue;
		if (out.len - line + strlen(" [-x ]") + strlen(l->argument) >
		    USAGE_WIDTH) {
			buf_add_byte(&out, '\n');
			line = out.len;
			buf_add_str(&out, USAGE_INDENT);
		}
		buf_addf(&out, " [-%c %s]", l->name, l->argument);
	}
	buf_add_str(&out,
		    "\n" USAGE_INDENT " destination [command [argument ...]]\n"
		    "       hawser [-Q query_option]\n"
		    "       hawser -G --explain destination\n");
	return buf_take_str(&out);
}
