#include "conf/value.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "conf/algorithm_names.h"
#include "conf/args.h"
#include "conf/conf.h"
#include "conf/row.h"
#include "conf/scalar.h"

/* Bounds the work of looking for duplicates in a hostile file: forwardings may
 * be many. */
#define MAX_LIST 16384

static void *
field_of(const struct row *row, struct conf *c)
{
	return (char *)c + row->offset;
}

static const void *
const_field_of(const struct row *row, const struct conf *c)
{
	return (const char *)c + row->offset;
}

char **
value_text(const struct row *row, struct conf *c)
{
	return field_of(row, c);
}

struct strv *
value_list(const struct row *row, struct conf *c)
{
	return field_of(row, c);
}

struct forward_specs *
value_forwards(const struct row *row, struct conf *c)
{
	return field_of(row, c);
}

size_t
value_count(const struct row *row, struct conf *c)
{
	if (row->holds == ROW_HOLDS_LIST)
		return value_list(row, c)->len;
	if (row->holds == ROW_HOLDS_FORWARDS)
		return value_forwards(row, c)->len;
	/* RekeyLimit is two values */
	return (size_t)c->has_rekey_limit + c->has_rekey_limit_time;
}

const char *
value_word(struct args *a, struct err *e)
{
	const char *word = args_next(a);

	if (word == NULL || *word == '\0') {
		err_set(e, ERR_CONF, "Missing argument.");
		return NULL;
	}
	return word;
}

int
value_add_forward(struct forward_specs *list, struct forward_spec *spec,
		  struct err *e)
{
	bool is_known = forward_specs_has(list, spec);

	if (!is_known && list->len < MAX_LIST) {
		forward_specs_add_take(list, spec);
		return 0;
	}
	forward_spec_clear(spec);
	if (is_known)
		return 0;
	return err_set(e, ERR_CONF, "Too many values specified (max %d).",
		       MAX_LIST);
}

static int
parse_choice(const struct row *row, const char *word, int *ret_value,
	     struct err *e)
{
	if (word == NULL || *word == '\0')
		return err_set(e, ERR_CONF, "missing argument.");
	for (const struct choice *o = row->choices; o->name != NULL; o++) {
		if (strcasecmp(word, o->name) == 0) {
			*ret_value = o->value;
			return 0;
		}
	}
	if (row->complaint != NULL)
		return err_set(e, ERR_CONF, "%s '%s'", row->complaint, word);
	return err_set(e, ERR_CONF, "unsupported option \"%s\".", word);
}

static int
parse_number(const char *word, int *ret_value, struct err *e)
{
	const char *fault = "invalid";
	const char *digits;
	long long number;

	if (word == NULL || *word == '\0')
		return err_set(e, ERR_CONF, "integer value missing.");
	if (str_to_number(word, 0, INT_MAX, &number) == 0) {
		*ret_value = (int)number;
		return 0;
	}
	digits = word + (*word == '-');
	if (*digits != '\0' && digits[strspn(digits, "0123456789")] == '\0')
		fault = *word == '-' ? "too small" : "too large";
	return err_set(e, ERR_CONF, "integer value %s.", fault);
}

static int
parse_time(const char *word, int *ret_value, struct err *e)
{
	if (word == NULL || *word == '\0')
		return err_set(e, ERR_CONF, "missing time value.");
	if (strcmp(word, "none") == 0) {
		*ret_value = 0;
		return 0;
	}
	if (scalar_time(word, ret_value) != 0)
		return err_set(e, ERR_CONF, "invalid time value.");
	return 0;
}

static int
parse_text(const struct row *row, struct conf *c, struct args *a, struct err *e)
{
	const char *word = value_word(a, e);

	if (word == NULL)
		return -1;
	if (row->type == ROW_ALGORITHMS &&
	    (!scalar_is_name_list(word) ||
	     !algorithm_names_are_known(row->names, word)))
		return err_set(e, ERR_CONF, "%s '%s'.", row->complaint, word);
	free(*value_text(row, c));
	*value_text(row, c) = xstrdup(word);
	return 0;
}

static int
parse_command(const struct row *row, struct conf *c, struct args *a)
{
	char **text = value_text(row, c);

	free(*text);
	*text = xstrdup(a->raw + strspn(a->raw, " \t="));
	args_consume(a);
	return 0;
}

/* Is word, the next one for list, acceptable where it stands? */
static int
check_word(const char *keyword, const char *word, const struct strv *list,
	   bool is_last, struct err *e)
{
	if (*word == '\0')
		return err_set(e, ERR_CONF, "keyword %s empty argument",
			       keyword);
	if (strcasecmp(word, "none") == 0 && !(list->len == 0 && is_last))
		return err_set(e, ERR_CONF,
			       "keyword %s \"none\" argument must appear "
			       "alone.",
			       keyword);
	return 0;
}

/* It is sent, or shown, as one line. */
static bool
is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == '\177')
			return false;
	return true;
}

static int
parse_sentence(const struct row *row, struct conf *c, struct args *a,
	       struct err *e)
{
	struct strv words = STRV_INIT;
	const char *word = value_word(a, e);
	char **text = value_text(row, c);
	int rc = 0;

	if (word == NULL)
		return -1;
	for (; word != NULL && rc == 0; word = args_next(a)) {
		if (!is_printable(word))
			rc = err_set(e, ERR_CONF, "Invalid %s", row->name);
		strv_add(&words, word);
	}
	if (rc == 0) {
		free(*text);
		*text = strv_join(&words, " ");
	}
	strv_clear(&words);
	return rc;
}

static int
parse_words(const struct row *row, struct conf *c, struct args *a,
	    struct err *e)
{
	size_t max = row->max == 0 ? MAX_LIST : row->max;
	struct strv *list = value_list(row, c);
	char *keyword = str_lower(row->name), *kept;
	const char *word;
	int rc = 0;

	strv_clear(list);
	while (rc == 0 && (word = args_next(a)) != NULL) {
		rc = check_word(keyword, word, list, args_left(a) == 0, e);
		if (rc == 0 && list->len >= max)
			rc = err_set(e, ERR_CONF, "too many %s entries.",
				     keyword);
		if (rc != 0)
			break;
		kept = row->word != NULL && strcasecmp(word, "none") != 0
			   ? row->word(word, e)
			   : xstrdup(word);
		if (kept != NULL)
			strv_add_take(list, kept);
		else
			rc = -1;
	}
	free(keyword);
	return rc;
}

static int
parse_item(const struct row *row, struct conf *c, struct args *a, struct err *e)
{
	struct strv *list = value_list(row, c);
	const char *word = value_word(a, e);

	if (word == NULL)
		return -1;
	if (strv_has(list, word))
		return 0;
	if (list->len >= row->max)
		return err_set(e, ERR_CONF, "Too many %s specified (max %zu).",
			       row->complaint, row->max);
	strv_add(list, word);
	return 0;
}

/* "listen connect", or one of the two alone where the other is not needed. */
static int
parse_forward(const struct row *row, struct conf *c, struct args *a,
	      struct err *e)
{
	const char *listen = value_word(a, e), *connect = NULL;
	enum forward_kind kind = row->forwards;
	struct forward_spec spec;
	char *text;
	int rc;

	if (listen == NULL)
		return -1;
	if (kind != FORWARD_DYNAMIC)
		connect = args_next(a);
	if (connect != NULL && *connect == '\0')
		connect = NULL;
	if (connect == NULL && kind == FORWARD_LOCAL)
		return err_set(e, ERR_CONF, "Missing target argument.");
	if (connect == NULL && kind == FORWARD_REMOTE)
		kind = FORWARD_REMOTE_DYNAMIC;
	text = connect == NULL ? xstrdup(listen)
			       : xasprintf("%s:%s", listen, connect);
	rc = forward_spec_parse(text, kind, &spec);
	free(text);
	if (rc != 0)
		return err_set(e, ERR_CONF, "Bad forwarding specification.");
	return value_add_forward(value_forwards(row, c), &spec, e);
}

int
value_parse(const struct row *row, struct conf *c, struct args *a,
	    struct err *e)
{
	int number = 0;

	switch (row->type) {
	case ROW_FLAG:
		if (parse_choice(row, args_next(a), &number, e) != 0)
			return -1;
		*(bool *)field_of(row, c) = number != 0;
		return 0;
	case ROW_CHOICE:
		return parse_choice(row, args_next(a), field_of(row, c), e);
	case ROW_NUMBER:
		return parse_number(args_next(a), field_of(row, c), e);
	case ROW_TIME:
		return parse_time(args_next(a), field_of(row, c), e);
	case ROW_STRING:
	case ROW_ALGORITHMS:
		return parse_text(row, c, a, e);
	case ROW_COMMAND:
		return parse_command(row, c, a);
	case ROW_SENTENCE:
		return parse_sentence(row, c, a, e);
	case ROW_WORDS:
		return parse_words(row, c, a, e);
	case ROW_LIST:
		return parse_item(row, c, a, e);
	case ROW_FORWARDS:
		return parse_forward(row, c, a, e);
	case ROW_SPECIAL:
		return row->parse(c, a, e);
	case ROW_BLOCK:
	case ROW_ALIAS:
	case ROW_IGNORED:
	case ROW_DEPRECATED:
	case ROW_DROPPED:
		args_consume(a);
		return 0;
	}
	return -1;
}

void
value_clear(const struct row *row, struct conf *c)
{
	switch (row->holds) {
	case ROW_HOLDS_PLAIN:
		break;
	case ROW_HOLDS_TEXT:
		free(*value_text(row, c));
		*value_text(row, c) = NULL;
		break;
	case ROW_HOLDS_LIST:
		strv_clear(value_list(row, c));
		break;
	case ROW_HOLDS_FORWARDS:
		forward_specs_clear(value_forwards(row, c));
		break;
	case ROW_HOLDS_HOPS:
		spec_hops_clear(field_of(row, c));
		break;
	}
}

static void
show_choice(const struct row *row, int value, struct strv *out)
{
	for (const struct choice *o = row->choices; o->name != NULL; o++) {
		if (o->value == value) {
			strv_add(out, o->name);
			return;
		}
	}
}

static void
show_number(const struct row *row, int value, bool is_given, struct strv *out)
{
	if (row->type == ROW_TIME && !is_given && value == 0 &&
	    strcmp(row->preset, "none") == 0)
		strv_add(out, "none");
	else
		strv_add_take(out, xasprintf("%d", value));
}

static void
show_text(const struct row *row, const char *text, struct strv *out)
{
	if (text != NULL || row->flags & ROW_ALWAYS)
		strv_add(out, text != NULL ? text : "none");
}

static void
show_special(const struct row *row, const struct conf *c, struct strv *out)
{
	char *value = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&value, &len);

	if (memory == NULL)
		return;
	row->print(c, memory);
	if (fclose(memory) == 0 && len > 0)
		strv_add(out, value);
	free(value);
}

/* Lists that grow are one line per item, others one line in all. */
static void
show_list(const struct row *row, const struct conf *c, bool is_given,
	  struct strv *out)
{
	const struct strv *list = const_field_of(row, c);

	if (list->len == 0) {
		if (row->preset != NULL || row->flags & ROW_ALWAYS ||
		    (is_given && row->type != ROW_SPECIAL))
			strv_add(out, "none");
	} else if (row->flags & ROW_ADDS || row->type == ROW_SPECIAL) {
		for (size_t i = 0; i < list->len; i++)
			strv_add(out, list->items[i]);
	} else {
		strv_add_take(out, strv_join(list, " "));
	}
}

static void
show_forwards(const struct row *row, const struct conf *c, struct strv *out)
{
	const struct forward_specs *list = const_field_of(row, c);

	for (size_t i = 0; i < list->len; i++)
		strv_add_take(
		    out, forward_spec_print(&list->items[i], row->forwards));
}

void
value_show(const struct row *row, const struct conf *c, bool is_given,
	   struct strv *out)
{
	const void *field = const_field_of(row, c);

	switch (row->type) {
	case ROW_FLAG:
		strv_add(out, *(const bool *)field ? "yes" : "no");
		break;
	case ROW_CHOICE:
		show_choice(row, *(const int *)field, out);
		break;
	case ROW_NUMBER:
	case ROW_TIME:
		show_number(row, *(const int *)field, is_given, out);
		break;
	case ROW_STRING:
	case ROW_ALGORITHMS:
	case ROW_COMMAND:
	case ROW_SENTENCE:
		show_text(row, *(char *const *)field, out);
		break;
	case ROW_WORDS:
	case ROW_LIST:
		show_list(row, c, is_given, out);
		break;
	case ROW_FORWARDS:
		show_forwards(row, c, out);
		break;
	case ROW_SPECIAL:
		if (row->print != NULL)
			show_special(row, c, out);
		else
			show_list(row, c, is_given, out);
		break;
	case ROW_BLOCK:
	case ROW_ALIAS:
	case ROW_IGNORED:
	case ROW_DEPRECATED:
	case ROW_DROPPED:
		break;
	}
}
