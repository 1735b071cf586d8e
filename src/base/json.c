#include "base/json.h"

#include <inttypes.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/json_text.h"

struct json
json_begin(struct buf *out)
{
	return (struct json){ .out = out };
}

/* As json_text has it, but for the control characters that UTF-8 has as two
 * bytes. */
static void
add_text(struct buf *out, const char *text)
{
	struct buf plain = BUF_INIT;
	size_t done = 0;

	json_text_string(text, &plain);
	for (size_t i = 0; i + 1 < plain.len; i++) {
		unsigned byte = plain.data[i + 1];

		if (plain.data[i] != 0xc2 || byte > 0x9f)
			continue;
		buf_add(out, plain.data + done, i - done);
		buf_addf(out, "\\u%04x", byte);
		done = i + 2;
	}
	buf_add(out, plain.data + done, plain.len - done);
	buf_clear(&plain);
}

static void
begin_value(struct json *j, const char *name)
{
	if (j->is_inside)
		buf_add_byte(j->out, ',');
	j->is_inside = true;
	if (name == NULL)
		return;
	add_text(j->out, name);
	buf_add_byte(j->out, ':');
}

static void
open_one(struct json *j, const char *name, unsigned char bracket)
{
	begin_value(j, name);
	buf_add_byte(j->out, bracket);
	j->is_inside = false;
}

static void
close_one(struct json *j, unsigned char bracket)
{
	buf_add_byte(j->out, bracket);
	j->is_inside = true;
}

void
json_open_object(struct json *j, const char *name)
{
	open_one(j, name, '{');
}

void
json_close_object(struct json *j)
{
	close_one(j, '}');
}

void
json_open_array(struct json *j, const char *name)
{
	open_one(j, name, '[');
}

void
json_close_array(struct json *j)
{
	close_one(j, ']');
}

void
json_add_string(struct json *j, const char *name, const char *value)
{
	if (value == NULL)
		return;
	begin_value(j, name);
	add_text(j->out, value);
}

void
json_add_int(struct json *j, const char *name, int64_t value)
{
	begin_value(j, name);
	buf_addf(j->out, "%" PRId64, value);
}

void
json_add_size(struct json *j, const char *name, uint64_t value)
{
	begin_value(j, name);
	buf_addf(j->out, "%" PRIu64, value);
}

void
json_add_bool(struct json *j, const char *name, bool value)
{
	begin_value(j, name);
	buf_add_str(j->out, value ? "true" : "false");
}
