#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "tap.h"

#define FFFD "\xef\xbf\xbd"

/* What outside bytes become. */
static const struct {
	const char *name, *text, *json;
} strings[] = {
	{ "nothing", "", "\"\"" },
	{ "text", "web:80", "\"web:80\"" },
	{ "quotes and lines", "a \"b\" \\ c\r\nd\t",
	  "\"a \\\"b\\\" \\\\ c\\r\\nd\\t\"" },
	{ "what a terminal would obey", "\033[2J\007\x7f",
	  "\"\\u001b[2J\\u0007\\u007f\"" },
	{ "the same in C1",
	  "\xc2\x9b"
	  "2J\xc2\x80\xc2\x9f",
	  "\"\\u009b2J\\u0080\\u009f\"" },
	{ "not C1", "\xc2\xa0\xc3\x9b", "\"\xc2\xa0\xc3\x9b\"" },
	{ "UTF-8", "caf\xc3\xa9 \xf0\x9f\x98\x80",
	  "\"caf\xc3\xa9 \xf0\x9f\x98\x80\"" },
	{ "Latin-1", "caf\xe9", "\"caf" FFFD "\"" },
	{ "a character that is cut", "\xc2", "\"" FFFD "\"" },
	{ "and one before C1", "\xe2\x82\xc2\x9b", "\"" FFFD "\\u009b\"" },
};

static void
test_strings(void)
{
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		struct buf out = BUF_INIT;
		struct json j = json_begin(&out);

		json_add_string(&j, NULL, strings[i].text);
		is_str(buf_str(&out), strings[i].json, "%s", strings[i].name);
		buf_clear(&out);
	}
}

static void
test_values(void)
{
	struct buf out = BUF_INIT;
	struct json j = json_begin(&out);

	json_open_object(&j, NULL);
	json_add_int(&j, "least", INT64_MIN);
	json_add_size(&j, "most", UINT64_MAX);
	json_add_bool(&j, "yes", true);
	json_add_bool(&j, "no", false);
	json_add_string(&j, "none", NULL);
	json_close_object(&j);
	is_str(buf_str(&out),
	       "{\"least\":-9223372036854775808,"
	       "\"most\":18446744073709551615,\"yes\":true,\"no\":false}",
	       "numbers, claims, and what is not there");
	buf_clear(&out);
}

static void
test_nesting(void)
{
	struct buf out = BUF_INIT;
	struct json j = json_begin(&out);

	json_open_object(&j, NULL);
	json_open_array(&j, "none");
	json_close_array(&j);
	json_open_array(&j, "two");
	for (int i = 0; i < 2; i++) {
		json_open_object(&j, NULL);
		json_add_int(&j, "n", i);
		json_close_object(&j);
	}
	json_add_string(&j, NULL, "three");
	json_close_array(&j);
	json_open_object(&j, "odd \" name");
	json_close_object(&j);
	json_close_object(&j);
	is_str(buf_str(&out),
	       "{\"none\":[],\"two\":[{\"n\":0},{\"n\":1},\"three\"],"
	       "\"odd \\\" name\":{}}",
	       "objects and arrays in each other");
	buf_clear(&out);
}

int
main(void)
{
	test_strings();
	test_values();
	test_nesting();
	return done_testing();
}
