/* The command line of ssh(1), for the host that it names and for others. */
#include "conf/conf.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "conf/letters.h"
#include "conf/line.h"
#include "conf/scalar.h"
#include "conf/table.h"
#include "conf/tokens.h"

/* Where in argv the reader is; options are taken off as getopt(3) does. */
struct position {
	int argc;
	char **argv;
	int next;           /* the word to look at */
	const char *bundle; /* the rest of a word like -vNT, or NULL */
	bool ended;         /* "--" was met */
};

/* Fail with the usage text, after a line with the problem if there is one. */
static int
usage_error(const char *problem, struct err *e)
{
	char *usage = conf_usage();

	err_set(e, ERR_USAGE, "%s%s%s", problem != NULL ? problem : "",
		problem != NULL ? "\n" : "", usage);
	free(usage);
	return -1;
}

static int
letter_error(const char *problem, char letter, struct err *e)
{
	char line[80];

	snprintf(line, sizeof(line), "%s -- %c", problem, letter);
	return usage_error(line, e);
}

/* Step to the next word that holds options; false if there is none. */
static bool
open_bundle(struct position *at)
{
	const char *word;

	if (at->ended || at->next >= at->argc)
		return false;
	word = at->argv[at->next];
	if (word[0] != '-' || word[1] == '\0')
		return false;
	at->next++;
	if (strcmp(word, "--") == 0) {
		at->ended = true;
		return false;
	}
	at->bundle = word + 1;
	return true;
}

/* Our only long option: ssh has none, and no short one is free for it. */
static bool
take_explain(struct position *at, struct conf *c)
{
	if (at->bundle != NULL || at->ended || at->next >= at->argc ||
	    strcmp(at->argv[at->next], "--explain") != 0)
		return false;
	at->next++;
	c->action = CONF_ACTION_EXPLAIN;
	return true;
}

/* Take the next option. Returns 1; 0 at a word that is none, at "--" (which is
 * skipped) or at the end; -1 with e set. */
static int
take_option(struct position *at, struct conf *c, struct err *e)
{
	const char *argument = NULL;
	const struct letter *l;

	if (take_explain(at, c))
		return 1;
	if (at->bundle == NULL && !open_bundle(at))
		return 0;
	l = letters_find(*at->bundle);
	if (l == NULL)
		return letter_error("unknown option", *at->bundle, e);
	at->bundle++;
	if (letters_argument(l) != NULL && *at->bundle != '\0') {
		argument = at->bundle;
	} else if (letters_argument(l) != NULL) {
		if (at->next >= at->argc)
			return letter_error("option requires an argument",
					    at->bundle[-1], e);
		argument = at->argv[at->next++];
	}
	if (argument != NULL || *at->bundle == '\0')
		at->bundle = NULL;
	return letters_apply(l, c, argument, e) == 0 ? 1 : -1;
}

static int
set_destination(struct conf *c, const char *text, struct err *e)
{
	const struct line_origin from = { .source = CONF_FROM_ARGV,
					  .place = "the destination" };
	struct spec_place place;

	if (spec_destination(text, &place) != 0)
		return usage_error(NULL, e);
	c->host = place.host;
	place.host = NULL;
	if (place.user != NULL && c->user == NULL) {
		c->user = place.user;
		place.user = NULL;
		line_mark(c, table_find("User"), &from, c->user);
	}
	if (place.port != 0 && table_source(c, "Port") == CONF_FROM_DEFAULT) {
		c->port = place.port;
		line_mark(c, table_find("Port"), &from, "");
	}
	spec_place_clear(&place);
	return 0;
}

static int
set_command(struct conf *c, const struct position *at, struct err *e)
{
	struct strv words = STRV_INIT;

	for (int i = at->next; i < at->argc; i++)
		strv_add(&words, at->argv[i]);
	if (words.len > 0) {
		c->command_text = strv_join(&words, " ");
		strv_clear(&words);
		return 0;
	}
	if (c->session_type != CONF_SESSION_SUBSYSTEM)
		return 0;
	return usage_error("You must specify a subsystem to invoke.", e);
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

/* Take in c->words; other, if it is not NULL, in place of the destination. */
static int
parse(struct conf *c, const char *other, struct err *e)
{
	struct position at = { (int)c->words.len, c->words.items, .next = 1 };
	const char *destination;
	int got;

	/* Options may stand before and after the destination. */
	for (;;) {
		while ((got = take_option(&at, c, e)) > 0)
			if (is_settled(c))
				return 0;
		if (got < 0)
			return -1;
		if (c->host != NULL || at.next >= at.argc)
			break;
		destination = at.argv[at.next++];
		if (other != NULL)
			destination = other;
		if (set_destination(c, destination, e) != 0)
			return -1;
		if (at.ended)
			break;
	}
	if (c->host == NULL)
		return usage_error(NULL, e);
	if (check_names(c, e) != 0)
		return -1;
	return set_command(c, &at, e);
}

int
conf_parse_argv(struct conf *c, int argc, char **argv, struct err *e)
{
	for (int i = 0; i < argc; i++)
		strv_add(&c->words, argv[i]);
	c->history.is_full = strv_has(&c->words, "--explain");
	return parse(c, NULL, e);
}

int
conf_for_host(const struct conf *from, const char *destination,
	      struct conf *ret, struct err *e)
{
	conf_init(ret);
	ret->outside = from->outside;
	strv_copy(&ret->words, &from->words);
	if (parse(ret, destination, e) != 0)
		return -1;
	/* What the words alone are worth a note has been said. */
	strv_clear(&ret->warnings);
	strv_clear(&ret->errors);
	return conf_load(ret, e) != 0 ? -1 : conf_finish(ret, e);
}

static void
add_option(struct strv *words, const char *letter, char *argument)
{
	strv_add(words, letter);
	strv_add_take(words, argument);
}

/* The keys for jump hosts, as if they had been given with -i; for those before
 * this one, too. */
static void
pass_keys(const struct conf *from, struct conf *hop)
{
	const struct strv *files = &from->jump_identity_file;
	const struct line_origin at = { .source = CONF_FROM_ARGV,
					.place = "JumpIdentityFile" };

	for (size_t i = 0; i < files->len; i++) {
		strv_add(&hop->identity_file, files->items[i]);
		strv_add(&hop->jump_identity_file, files->items[i]);
	}
	if (files->len == 0)
		return;
	line_mark(hop, table_find("IdentityFile"), &at, "");
	line_mark(hop, table_find("JumpIdentityFile"), &at, "");
}

/* -X and a part of ProxyJump, in which tokens are replaced. */
static int
add_part(const struct conf *from, struct strv *words, const char *letter,
	 const char *part, struct err *e)
{
	char *text = tokens_expand(from, "ProxyJump", part, NULL, e);

	if (text == NULL)
		return -1;
	add_option(words, letter, text);
	return 0;
}

/* What it is to be reached as, and through which others. */
static int
add_place(const struct conf *from, struct strv *words, struct err *e)
{
	const struct spec_hops *hops = &from->proxy_jump;
	const struct spec_place *hop = &hops->items[hops->len - 1];
	const char *comma = strrchr(hops->text, ',');
	char *others;
	int rc;

	if (hop->user != NULL && add_part(from, words, "-l", hop->user, e) != 0)
		return -1;
	if (hop->port != 0)
		add_option(words, "-p", xasprintf("%d", hop->port));
	if (comma == NULL)
		return 0;
	others = xstrndup(hops->text, (size_t)(comma - hops->text));
	rc = add_part(from, words, "-J", others, e);
	free(others);
	return rc;
}

int
conf_for_hop(const struct conf *from, struct conf *ret, struct err *e)
{
	const struct spec_hops *hops = &from->proxy_jump;
	struct strv *words = &ret->words;

	conf_init(ret);
	ret->outside = from->outside;
	strv_add(words, from->words.items[0]);
	if (add_place(from, words, e) != 0)
		return -1;
	if (from->config_file != NULL)
		add_option(words, "-F", xstrdup(from->config_file));
	/* who comes back needs a way that is missed when it is gone */
	if (from->reconnect != CONF_RECONNECT_NO)
		add_option(words, "-o", xstrdup("Reconnect=yes"));
	if (table_source(from, "LogLevel") == CONF_FROM_ARGV)
		for (int i = LOG_LEVEL_DEBUG1; i <= (int)from->log_level; i++)
			strv_add(words, "-v");
	add_option(words, "-W",
		   xasprintf("[%s]:%d", from->host_name, from->port));
	if (add_part(from, words, "--", hops->items[hops->len - 1].host, e) !=
		0 ||
	    parse(ret, NULL, e) != 0)
		return -1;
	pass_keys(from, ret);
	return conf_load(ret, e) != 0 ? -1 : conf_finish(ret, e);
}

int
conf_set(struct conf *c, const char *text, struct err *e)
{
	const struct line_origin from = { .name = "command-line",
					  .source = CONF_FROM_ARGV,
					  .is_active = true,
					  .place = "-o" };
	struct line l;
	int rc = -1;

	if (line_parse(&l, c, text, &from, e) != 0)
		goto out;
	if (l.keyword == NULL)
		rc = 0;
	else if (l.row != NULL && l.row->type == ROW_BLOCK)
		err_set(e, ERR_CONF,
			"%s directive not supported as a command-line option",
			strcmp(l.row->name, "Match") == 0 ? "Host"
							  : l.row->name);
	else
		rc = line_store(&l, c, &from, e);
out:
	line_clear(&l);
	return rc;
}

char *
conf_version_text(const char *libssh2, const char *openssl)
{
	return xasprintf("hawser_%s%s%s, OpenSSL %s", PACKAGE_VERSION,
			 libssh2 != NULL ? ", libssh2 " : "",
			 libssh2 != NULL ? libssh2 : "", openssl);
}
