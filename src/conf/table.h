/*
 * table - the keywords, and where to find one.
 */
#ifndef CONF_TABLE_H
#define CONF_TABLE_H

#include <stddef.h>

#include "conf/conf.h"
#include "conf/row.h"

/* Row i, or NULL after the last one. */
const struct row *table_row(size_t i);

size_t table_index(const struct row *row);

/* Where the value of a keyword, which there must be, came from. */
enum conf_source table_source(const struct conf *c, const char *keyword);

/* The row for a keyword of any case, aliases resolved; or NULL. */
const struct row *table_find(const char *name);

#endif
