#include "conf/block.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/match.h"
#include "base/path.h"
#include "base/xalloc.h"
#include "conf/args.h"
#include "conf/conf.h"
#include "conf/criteria.h"
#include "conf/line.h"
#include "conf/so_far.h"
#include "conf/tokens.h"

/* What Host lines are compared with. */
static const char *
host_of_reading(const struct conf *c)
{
	return c->canonical_host != NULL ? c->canonical_host : c->host;
}

/* Which of the patterns decides about the host; NULL if none matches. */
static const char *
deciding_pattern(const char *host, struct args *a)
{
	const char *pattern, *found = NULL;

	while (host != NULL && (pattern = args_next(a)) != NULL) {
		bool negated = *pattern == '!';

		if (!match_pattern(host, pattern + negated))
			continue;
		if (negated)
			return pattern;
		if (found == NULL)
			found = pattern;
	}
	return found;
}

int
block_host(struct line *l, struct conf *c, struct line_origin *at, bool is_out,
	   struct err *e)
{
	const char *pattern;

	at->is_active = false;
	if (strv_has(&l->args.words, "")) {
		err_set(e, ERR_CONF, "keyword host empty argument");
		return line_blame(at, e);
	}
	if (c->canonical_host == NULL)
		for (size_t i = 0; i < l->args.words.len; i++)
			strv_add(&c->host_patterns, l->args.words.items[i]);
	if (is_out)
		return 0;
	pattern = deciding_pattern(host_of_reading(c), &l->args);
	if (pattern == NULL)
		return 0;
	at->is_active = *pattern != '!';
	log_debug("%s line %d: %s %s", at->name, at->number,
		  at->is_active ? "Applying options for"
				: "Skipping Host block because of negated "
				  "match for",
		  pattern + !at->is_active);
	return 0;
}

static const char *
session_type(const struct conf *c)
{
	if (c->session_type == CONF_SESSION_SUBSYSTEM)
		return "subsystem";
	if (c->session_type == CONF_SESSION_NONE)
		return "none";
	return c->command_text != NULL ? "exec" : "shell";
}

static const char *
or_empty(const char *text)
{
	return text != NULL ? text : "";
}

static char *
expand_command(void *arg, const char *command, struct err *e)
{
	const struct conf *view = arg;

	return tokens_expand(view, "Match exec", command, NULL, e);
}

static int
run_command(void *arg, const char *command, bool *ret_yes, struct err *e)
{
	const struct conf *view = arg;
	int status;

	status = view->outside->run(command, view->connect_timeout, e);
	*ret_yes = status == 0;
	return status >= 0 ? 0 : -1;
}

/* As in ssh, the fault of a Match line is told in two lines. */
static int
blame_match(struct conf *c, const struct line_origin *at, struct err *e)
{
	if (e->kind == ERR_LOCAL)
		return -1;
	strv_add(&c->errors, e->text);
	err_set(e, ERR_CONF, "Bad Match condition");
	return line_blame(at, e);
}

int
block_match(struct line *l, struct conf *c, struct line_origin *at, bool is_out,
	    struct err *e)
{
	struct criteria_facts facts = {
		.texts = {
			[CRITERIA_ORIGINAL_HOST] = or_empty(c->host),
			[CRITERIA_LOCAL_USER] = or_empty(path_user()),
			[CRITERIA_TAG] = or_empty(c->tag),
			[CRITERIA_COMMAND] = or_empty(c->command_text),
			[CRITERIA_VERSION] = "hawser_" PACKAGE_VERSION,
			[CRITERIA_SESSION_TYPE] = session_type(c),
		},
		.is_second_pass = c->canonical_host != NULL,
		.is_out = is_out,
		.expand = expand_command,
		/* nothing is run while names of hosts are only collected */
		.run = c->outside != NULL ? run_command : NULL,
		.hosts = c->canonical_host == NULL ? &c->host_patterns : NULL,
	};
	struct criteria_verdict verdict;
	struct so_far now;
	int rc = so_far_init(&now, c, e);

	at->is_active = false;
	if (rc == 0) {
		facts.texts[CRITERIA_HOST] = now.view.host_name;
		facts.texts[CRITERIA_USER] = now.view.user;
		facts.arg = &now.view;
		rc = criteria_judge(&l->args, &facts, at, &verdict, e);
	}
	if (rc == 0) {
		at->is_active = verdict.is_match && !is_out;
		c->wants_second_reading |= verdict.wants_second_pass;
	} else {
		rc = blame_match(c, at, e);
	}
	so_far_clear(&now);
	return rc;
}
