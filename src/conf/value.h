/*
 * value - from the words after a keyword to a field of struct conf, and back.
 */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include <stdbool.h>
#include <stddef.h>

struct args;
struct conf;
struct err;
struct forward_spec;
struct forward_specs;
struct row;
struct strv;

/*
 * Parse the arguments for the row and store the value in its field, whatever
 * was there; words that the value does not take are left in a. The text of e
 * names neither file nor line.
 */
int value_parse(const struct row *row, struct conf *c, struct args *a,
		struct err *e);

/* Free what the row's field owns and zero it. */
void value_clear(const struct row *row, struct conf *c);

/* Add the row's values to out, one for each line of -G. */
void value_show(const struct row *row, const struct conf *c, bool is_given,
		struct strv *out);

/* How many values the row of several has so far. */
size_t value_count(const struct row *row, struct conf *c);

/* The field as what the row says it is. */
char **value_text(const struct row *row, struct conf *c);
struct strv *value_list(const struct row *row, struct conf *c);
struct forward_specs *value_forwards(const struct row *row, struct conf *c);

/* The next word, or NULL with e set when it is missing or empty. */
const char *value_word(struct args *a, struct err *e);

/* Add spec to a list unless it is there; fails when the list is full. spec is
 * taken over in any case. */
int value_add_forward(struct forward_specs *list, struct forward_spec *spec,
		      struct err *e);

#endif
