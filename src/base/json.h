/*
 * json - writes JSON: what a program is told about us.
 *
 * Only writes, and only what we tell: so it is a hundred lines, and no library
 * that would have to be looked after.
 *
 * Commas come by themselves. In an object every value has a name; in an array,
 * and where a text begins, it is NULL. Strings may be any bytes: what is not
 * UTF-8 becomes U+FFFD, and control characters are escaped, those of C1 too,
 * so that no terminal obeys what a server has said.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

struct buf;

struct json {
	struct buf *out; /* what is written is appended to it */
	bool is_inside;  /* there is something before the next value */
};

struct json json_begin(struct buf *out);

void json_open_object(struct json *j, const char *name);
void json_close_object(struct json *j);
void json_open_array(struct json *j, const char *name);
void json_close_array(struct json *j);

/* NULL is left out. */
void json_add_string(struct json *j, const char *name, const char *value);
void json_add_int(struct json *j, const char *name, int64_t value);
void json_add_size(struct json *j, const char *name, uint64_t value);
void json_add_bool(struct json *j, const char *name, bool value);

#endif
