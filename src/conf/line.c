#include "conf/line.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/match.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "conf/nearest.h"
#include "conf/table.h"
#include "conf/value.h"

#define MAX_SUGGESTIONS 100

#define BLANKS " \t\r\n"

/* So much of a Host or Match line is shown: it may be long. */
#define BLOCK_SHOWN 60

int
line_blame(const struct line_origin *from, struct err *e)
{
	return err_wrap(e, "%.200s line %d", from->name, from->number);
}

/*
 * Cut the keyword off the front of text; it may be quoted, and one '=' may
 * stand between it and the rest. Returns NULL when a quote is left open.
 */
static const char *
take_keyword(const char *text, char **ret_keyword)
{
	char *keyword;
	size_t len;

	text += strspn(text, BLANKS);
	/* to ssh, this is the end of an empty word that it passes over */
	if (*text == '=')
		text += 1 + strspn(text + 1, BLANKS);
	if (*text == '"') {
		len = strcspn(text + 1, "\"");
		if (text[1 + len] == '\0')
			return NULL;
		keyword = xstrndup(text + 1, len);
		text += len + 2;
	} else {
		len = strcspn(text, BLANKS "\"=");
		keyword = xstrndup(text, len);
		text += len;
	}
	*ret_keyword = str_lower(keyword);
	free(keyword);
	text += strspn(text, BLANKS);
	if (*text == '=')
		text += 1 + strspn(text + 1, BLANKS);
	return text;
}

static int
find_row(struct line *l, const struct conf *c, const struct line_origin *from,
	 struct err *e)
{
	const char *nearest;

	l->row = table_find(l->keyword);
	if (l->row != NULL)
		return 0;
	if (c->ignore_unknown != NULL &&
	    match_list(l->keyword, c->ignore_unknown, true) == MATCH_YES) {
		log_debug("%s line %d: Ignored unknown option \"%s\"",
			  from->name, from->number, l->keyword);
		return 0;
	}
	/* a file that is none at all is not worth the search */
	nearest = c->errors.len < MAX_SUGGESTIONS ? nearest_keyword(l->keyword)
						  : NULL;
	return err_set(
	    e, ERR_CONF, "%s: line %d: Bad configuration option: %s%s%s%s",
	    from->name, from->number, l->keyword,
	    nearest != NULL ? " (did you mean " : "",
	    nearest != NULL ? nearest : "", nearest != NULL ? "?)" : "");
}

int
line_parse(struct line *l, const struct conf *c, const char *text,
	   const struct line_origin *from, struct err *e)
{
	size_t len = strlen(text);
	const char *rest;

	memset(l, 0, sizeof(*l));
	while (len > 0 && strchr(BLANKS "\f", text[len - 1]) != NULL)
		len--;
	l->text = xstrndup(text, len);
	rest = l->text + strspn(l->text, BLANKS);
	if (*rest == '\0' || *rest == '#')
		return 0;
	rest = take_keyword(rest, &l->keyword);
	if (rest == NULL) {
		err_set(e, ERR_CONF, "invalid quotes");
		return line_blame(from, e);
	}
	if (*rest == '\0') {
		err_set(e, ERR_CONF, "no argument after keyword \"%s\"",
			l->keyword);
		return line_blame(from, e);
	}
	if (find_row(l, c, from, e) != 0)
		return -1;
	if (args_split(&l->args, rest) != 0) {
		err_set(e, ERR_CONF, "invalid quotes");
		return line_blame(from, e);
	}
	return 0;
}

void
line_clear(struct line *l)
{
	args_clear(&l->args);
	free(l->keyword);
	free(l->text);
	memset(l, 0, sizeof(*l));
}

/* Every word of the line must have been taken. */
static int
check_end(const struct line *l, const struct line_origin *from, struct err *e)
{
	if (args_left(&l->args) == 0)
		return 0;
	err_set(e, ERR_CONF, "keyword %s extra arguments at end of line",
		l->keyword);
	return line_blame(from, e);
}

static struct history_entry
entry_of(const struct row *row, const struct line_origin *from,
	 const char *text)
{
	struct history_entry entry = { .row = table_index(row),
				       .text = xstrdup(text) };

	if (from->place != NULL)
		entry.place = xstrdup(from->place);
	else if (from->block != NULL)
		entry.place = xasprintf("%s line %d (%.*s)", from->name,
					from->number, BLOCK_SHOWN, from->block);
	else
		entry.place = xasprintf("%s line %d", from->name, from->number);
	return entry;
}

void
line_mark_lost(struct conf *c, const struct row *row,
	       const struct line_origin *from, const char *text)
{
	history_take_lost(&c->history, entry_of(row, from, text));
}

/* What adds nothing, such as an item that was there, has not won. */
static void
remember(struct conf *c, const struct row *row, const struct line_origin *from,
	 const char *text)
{
	bool is_adding = row->flags & ROW_ADDS;
	struct history_entry entry = entry_of(row, from, text);
	const struct history_entry *last = history_last(&c->history, entry.row);

	entry.n_items = value_count(row, c);
	if (is_adding && last != NULL && last->n_items == entry.n_items)
		history_take_lost(&c->history, entry);
	else
		history_take_won(&c->history, entry, is_adding);
}

void
line_mark(struct conf *c, const struct row *row, const struct line_origin *from,
	  const char *text)
{
	const struct row *jump = table_find("ProxyJump");
	const struct row *command = table_find("ProxyCommand");
	const struct row *other = NULL;

	/* who was the first to add says enough, unless all is to be told */
	if (c->history.is_full || !(row->flags & ROW_ADDS) ||
	    c->given[table_index(row)] == CONF_FROM_DEFAULT)
		remember(c, row, from, text);
	c->given[table_index(row)] = (unsigned char)from->source;
	if (row == command)
		other = jump;
	else if (row == jump && c->proxy_jump.len > 0)
		other = command;
	if (other != NULL && c->given[table_index(other)] == 0)
		c->given[table_index(other)] = (unsigned char)from->source;
}

/* Parse the value without keeping it: a line that does not count must still
 * be right. */
static int
check_value(struct line *l, struct err *e)
{
	struct conf *scratch = xcalloc(1, sizeof(*scratch));
	int rc;

	conf_init(scratch);
	rc = value_parse(l->row, scratch, &l->args, e);
	conf_clear(scratch);
	free(scratch);
	return rc;
}

/* As in ssh, a time "none" leaves the keyword to later lines, and to its
 * default. */
static bool
is_left_open(const struct line *l)
{
	return l->row->type == ROW_TIME &&
	       strcmp(l->args.words.items[0], "none") == 0;
}

/* The line is right, but another one was before it. */
static void
store_late(const struct line *l, struct conf *c, const struct line_origin *from)
{
	const struct row *row = l->row;

	if (row->late != NULL && row->late(c, l->args.words.items[0]))
		history_take_won(&c->history, entry_of(row, from, l->args.raw),
				 true);
	else
		line_mark_lost(c, row, from, l->args.raw);
}

static int
store_value(struct line *l, struct conf *c, const struct line_origin *from,
	    struct err *e)
{
	bool is_given = c->given[table_index(l->row)] != CONF_FROM_DEFAULT;

	if (!from->is_active || (is_given && !(l->row->flags & ROW_ADDS))) {
		if (check_value(l, e) != 0)
			return -1;
		if (from->is_active)
			store_late(l, c, from);
		return 0;
	}
	if (value_parse(l->row, c, &l->args, e) != 0)
		return -1;
	if (is_left_open(l))
		return 0;
	line_mark(c, l->row, from, l->args.raw);
	return 0;
}

int
line_store(struct line *l, struct conf *c, const struct line_origin *from,
	   struct err *e)
{
	if (l->row == NULL)
		return 0;
	if (l->row->type == ROW_DEPRECATED)
		log_debug("%s line %d: Deprecated option \"%s\"", from->name,
			  from->number, l->keyword);
	if (l->row->type == ROW_DROPPED && c->canonical_host == NULL)
		strv_add_take(&c->errors,
			      xasprintf("%s line %d: Unsupported option \"%s\"",
					from->name, from->number, l->keyword));
	if (store_value(l, c, from, e) != 0)
		return line_blame(from, e);
	return check_end(l, from, e);
}
