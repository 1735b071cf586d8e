#include "conf/vocabulary.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "conf/table.h"

/* Can it be given by itself, with -o? */
static bool
has_effect(const struct row *row)
{
	switch (row->type) {
	case ROW_BLOCK:
	case ROW_ALIAS:
	case ROW_IGNORED:
	case ROW_DEPRECATED:
	case ROW_DROPPED:
		return false;
	case ROW_FLAG:
	case ROW_CHOICE:
	case ROW_NUMBER:
	case ROW_TIME:
	case ROW_STRING:
	case ROW_COMMAND:
	case ROW_SENTENCE:
	case ROW_ALGORITHMS:
	case ROW_WORDS:
	case ROW_LIST:
	case ROW_FORWARDS:
	case ROW_SPECIAL:
		break;
	}
	return true;
}

char *
vocabulary_keywords(void)
{
	struct buf out = BUF_INIT;
	const struct row *row;

	for (size_t i = 0; (row = table_row(i)) != NULL; i++)
		if (has_effect(row))
			buf_addf(&out, "%s\n", row->name);
	return buf_take_str(&out);
}

char *
vocabulary_values(const char *keyword)
{
	const struct row *row = table_find(keyword);
	struct buf out = BUF_INIT;

	if (row == NULL || row->choices == NULL)
		return NULL;
	for (const struct choice *o = row->choices; o->name != NULL; o++)
		/* other words for yes and no */
		if (strcmp(o->name, "true") != 0 &&
		    strcmp(o->name, "false") != 0)
			buf_addf(&out, "%s\n", o->name);
	return buf_take_str(&out);
}
