/*
 * row - what there is to say about one keyword; table.h has them all.
 */
#ifndef CONF_ROW_H
#define CONF_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/forward_spec.h"
#include "conf/algorithm_names.h"

struct args;
struct conf;
struct err;

enum row_type {
	ROW_FLAG,       /* bool: no, yes */
	ROW_CHOICE,     /* int: one of choices */
	ROW_NUMBER,     /* int >= 0 */
	ROW_TIME,       /* int: seconds; "none" leaves it unset */
	ROW_STRING,     /* char *: one word */
	ROW_COMMAND,    /* char *: the rest of the line as it is */
	ROW_SENTENCE,   /* char *: all words of the line, for people */
	ROW_ALGORITHMS, /* char *: names, with an optional + - ^ */
	ROW_WORDS,      /* struct strv: the words of the first line */
	ROW_LIST,       /* struct strv: one word of every line */
	ROW_FORWARDS,   /* struct forward_specs: one of every line */
	ROW_SPECIAL,    /* has functions of its own */
	ROW_BLOCK,      /* Host, Match, Include: the reader's business */
	ROW_ALIAS,      /* another name; preset is the keyword meant */
	ROW_IGNORED,    /* accepted, without effect */
	ROW_DEPRECATED, /* the same, with a debug message */
	ROW_DROPPED,    /* the same, with an error message */
};

/* What the field is, so that it can be freed and listed. */
enum row_holds {
	ROW_HOLDS_PLAIN,
	ROW_HOLDS_TEXT,
	ROW_HOLDS_LIST,
	ROW_HOLDS_FORWARDS,
	ROW_HOLDS_HOPS,
};

enum row_flag {
	ROW_ADDS = 1,   /* every line counts, not only the first */
	ROW_NONE = 2,   /* "none" means: as if it were not set */
	ROW_LATER = 4,  /* accepted, but what it asks for is not built */
	ROW_ALWAYS = 8, /* -G shows it if unset, as "none" */
	ROW_OWN = 16,   /* hawser's, not in ssh_config(5); shown if given */
	ROW_GIVEN = 32, /* -G shows it only if it is given */
};

struct choice {
	const char *name;
	int value;
};

typedef int row_parse_fn(struct conf *c, struct args *a, struct err *e);
/* Take what a line that comes too late still gives; is there anything? */
typedef bool row_late_fn(struct conf *c, const char *word);
typedef void row_print_fn(const struct conf *c, FILE *out);
/* A word in the form that is kept, owned by the caller; NULL with e. */
typedef char *row_word_fn(const char *word, struct err *e);

struct row {
	const char *name;
	enum row_type type;
	enum row_holds holds;
	size_t offset;      /* of the field in struct conf */
	const char *preset; /* default, as text; NULL leaves it unset */
	const struct choice *choices; /* the first name of a value is shown;
					 ROW_SPECIAL: what it takes, too */
	enum algorithm_names names;   /* ROW_ALGORITHMS: what it takes */
	enum forward_kind forwards;   /* ROW_FORWARDS */
	const char *complaint;        /* what is said of a bad value */
	size_t max;                   /* most words; 0: no limit of its own */
	unsigned int flags;           /* enum row_flag */
	row_word_fn *word;            /* ROW_WORDS: of all but "none" */
	row_parse_fn *parse;          /* ROW_SPECIAL */
	row_print_fn *print;
	row_late_fn *late; /* NULL: nothing */
};

#endif
