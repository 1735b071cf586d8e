#include "conf/criteria.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/log.h"
#include "base/match.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "conf/args.h"
#include "conf/line.h"
#include "conf/network_list.h"

/* How an argument is compared. */
enum manner {
	BY_PATTERNS,
	BY_HOST_PATTERNS, /* without regard to case */
	BY_NETWORK,
	BY_COMMAND,
	BY_PASS, /* there is no argument */
};

struct criterion {
	const char *name;
	enum manner manner;
	enum criteria_text text;
	bool may_be_empty; /* "": that there is none */
};

static const struct criterion criteria[] = {
	{ "canonical", BY_PASS, 0, false },
	{ "final", BY_PASS, 0, false },
	{ "host", BY_HOST_PATTERNS, CRITERIA_HOST, false },
	{ "originalhost", BY_HOST_PATTERNS, CRITERIA_ORIGINAL_HOST, false },
	{ "user", BY_PATTERNS, CRITERIA_USER, false },
	{ "localuser", BY_PATTERNS, CRITERIA_LOCAL_USER, false },
	{ "tagged", BY_PATTERNS, CRITERIA_TAG, true },
	{ "command", BY_PATTERNS, CRITERIA_COMMAND, true },
	{ "version", BY_PATTERNS, CRITERIA_VERSION, false },
	{ "sessiontype", BY_PATTERNS, CRITERIA_SESSION_TYPE, false },
	{ "localnetwork", BY_NETWORK, 0, false },
	{ "exec", BY_COMMAND, 0, false },
};

#define N_CRITERIA (sizeof(criteria) / sizeof(criteria[0]))

/* One criterion of the line at hand. */
struct item {
	const char *written; /* as in messages: the word before a '=' */
	const char *name;    /* without a '!' */
	const struct criterion *kind;
	const char *argument;
	bool negated;
	bool is_skipped; /* nothing was tried, as nothing depends on it */
};

struct judging {
	const struct criteria_facts *facts;
	const struct line_origin *at;
	struct args *args;
	struct criteria_verdict verdict;
	int n; /* of criteria seen, but "all" */
};

/* The argument of a criterion: what stands behind the '=' in its own word, or
 * the next word, which may begin with a '=' or be one. */
static const char *
take_argument(struct judging *j, const char *attached)
{
	const char *word = attached != NULL ? attached : args_next(j->args);

	if (word == NULL || attached != NULL || *word != '=')
		return word;
	return word[1] != '\0' ? word + 1 : args_next(j->args);
}

static const struct criterion *
find_criterion(const char *name)
{
	for (size_t i = 0; i < N_CRITERIA; i++)
		if (strcasecmp(criteria[i].name, name) == 0)
			return &criteria[i];
	return NULL;
}

static int
take_item(struct judging *j, struct item *item, const char *attached,
	  struct err *e)
{
	item->kind = find_criterion(item->name);
	if (item->kind != NULL && item->kind->manner == BY_PASS)
		return 0;
	item->argument = take_argument(j, attached);
	if (item->argument == NULL ||
	    (*item->argument == '\0' &&
	     (item->kind == NULL || !item->kind->may_be_empty)))
		return err_set(e, ERR_CONF, "Missing Match criteria for %s",
			       item->name);
	if (item->kind == NULL)
		return err_set(e, ERR_CONF, "Unsupported Match attribute %s",
			       item->name);
	return 0;
}

/* Does the text fit the patterns? "" asks for nothing, which no pattern fits
 * where it may be asked for, not even "*". */
static bool
fits(const struct item *item, const char *text)
{
	if (*item->argument == '\0' ||
	    (item->kind->may_be_empty && *text == '\0'))
		return *item->argument == *text;
	if (item->kind->manner == BY_HOST_PATTERNS)
		return match_host(text, item->argument) == MATCH_YES;
	return match_list(text, item->argument, false) == MATCH_YES;
}

/* Fails also if it cannot be run; a line that does not match any more, or whose
 * block does not count, runs nothing. */
static int
judge_command(struct judging *j, struct item *item, bool *ret_yes,
	      struct err *e)
{
	const struct criteria_facts *facts = j->facts;
	char *command = facts->expand(facts->arg, item->argument, e);
	int rc = 0;

	if (command == NULL)
		return -1;
	item->is_skipped =
	    !j->verdict.is_match || facts->is_out || facts->run == NULL;
	if (item->is_skipped)
		log_debug3("%.200s line %d: skipped exec \"%.100s\"",
			   j->at->name, j->at->number, command);
	else
		rc = facts->run(facts->arg, command, ret_yes, e);
	if (rc != 0) {
		err_wrap(e, "match exec '%.100s' error", command);
		line_blame(j->at, e);
	}
	free(command);
	return rc;
}

static int
judge_item(struct judging *j, struct item *item, bool *ret_yes, struct err *e)
{
	const char *text = j->facts->texts[item->kind->text];

	switch (item->kind->manner) {
	case BY_HOST_PATTERNS:
		if (j->facts->hosts != NULL && !item->negated)
			strv_split(j->facts->hosts, item->argument, ",");
		*ret_yes = fits(item, text);
		return 0;
	case BY_PATTERNS:
		*ret_yes = fits(item, text);
		return 0;
	case BY_NETWORK:
		if (network_list_check(item->argument, e) != 0)
			return -1;
		*ret_yes = network_list_has_ours(item->argument);
		return 0;
	case BY_COMMAND:
		return judge_command(j, item, ret_yes, e);
	case BY_PASS:
		if (strcmp(item->kind->name, "final") == 0)
			j->verdict.wants_second_pass = true;
		*ret_yes = j->facts->is_second_pass;
		return 0;
	}
	return -1;
}

static void
tell(const struct judging *j, const struct item *item, bool yes)
{
	const struct criterion *kind = item->kind;
	const char *text = item->argument;

	if (kind->manner == BY_PASS) {
		log_debug3("%.200s line %d: %smatched '%s'", j->at->name,
			   j->at->number, yes ? "" : "not ", item->written);
		return;
	}
	if (kind->manner == BY_PATTERNS || kind->manner == BY_HOST_PATTERNS)
		text = j->facts->texts[kind->text];
	log_debug3("%.200s line %d: %smatched '%s \"%.100s\"' ", j->at->name,
		   j->at->number, yes ? "" : "not ", item->written, text);
}

/* "all" stands alone, or behind one other: so it does in ssh. */
static int
judge_all(struct judging *j, const struct item *item, struct err *e)
{
	if (j->n > 1 || args_left(j->args) > 0) {
		err_set(e, ERR_CONF,
			"'%s' cannot be combined with other Match attributes",
			item->written);
		return line_blame(j->at, e);
	}
	if (item->negated)
		j->verdict.is_match = false;
	j->n++;
	return 0;
}

static int
judge_word(struct judging *j, const char *word, struct err *e)
{
	size_t len = strcspn(word, "=");
	char *written = xstrndup(word, len);
	bool negated = *written == '!', yes = false;
	struct item item = { .written = written,
			     .name = written + negated,
			     .negated = negated };
	int rc;

	if (strcasecmp(item.name, "all") == 0 && word[len] == '\0') {
		rc = judge_all(j, &item, e);
		goto out;
	}
	j->n++;
	rc = take_item(j, &item, word[len] == '=' ? word + len + 1 : NULL, e);
	if (rc == 0)
		rc = judge_item(j, &item, &yes, e);
	if (rc != 0)
		goto out;
	yes = yes != negated;
	if (!item.is_skipped)
		tell(j, &item, yes);
	if (!yes || item.is_skipped)
		j->verdict.is_match = false;
out:
	free(written);
	return rc;
}

int
criteria_judge(struct args *a, const struct criteria_facts *facts,
	       const struct line_origin *at,
	       struct criteria_verdict *ret_verdict, struct err *e)
{
	struct judging j = { .facts = facts, .at = at, .args = a };
	const char *word;

	j.verdict.is_match = true;
	log_debug2("checking match for '%s' host %s originally %s", a->raw,
		   facts->texts[CRITERIA_HOST],
		   facts->texts[CRITERIA_ORIGINAL_HOST]);
	while ((word = args_next(a)) != NULL)
		if (judge_word(&j, word, e) != 0)
			return -1;
	if (j.n == 0)
		return err_set(e, ERR_CONF,
			       "One or more attributes required for Match");
	log_debug2("match %sfound", j.verdict.is_match ? "" : "not ");
	*ret_verdict = j.verdict;
	return 0;
}
