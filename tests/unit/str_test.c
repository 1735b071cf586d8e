#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tap.h"

static const struct {
	const char *text;
	long long min, max;
	int rc;
	long long value;
} numbers[] = {
	{ "0", 0, 9, 0, 0 },
	{ "22", 1, 65535, 0, 22 },
	{ "65535", 1, 65535, 0, 65535 },
	{ "65536", 1, 65535, -1, 0 },
	{ "0", 1, 65535, -1, 0 },
	{ "-5", -9, 9, 0, -5 },
	{ "+5", -9, 9, 0, 5 },
	{ "007", 0, 9, 0, 7 },
	{ "", 0, 9, -1, 0 },
	{ "-", -9, 9, -1, 0 },
	{ "+-1", -9, 9, -1, 0 },
	{ " 1", 0, 9, -1, 0 },
	{ "1 ", 0, 9, -1, 0 },
	{ "1x", 0, 9, -1, 0 },
	{ "0x1", 0, 9, -1, 0 },
	{ "9223372036854775807", 0, LLONG_MAX, 0, LLONG_MAX },
	{ "9223372036854775808", 0, LLONG_MAX, -1, 0 },
	{ "-9223372036854775808", LLONG_MIN, 0, 0, LLONG_MIN },
	{ "-9223372036854775809", LLONG_MIN, 0, -1, 0 },
	{ "99999999999999999999999999", 0, LLONG_MAX, -1, 0 },
};

static void
test_numbers(void)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		long long value = 4711;
		int rc = str_to_number(numbers[i].text, numbers[i].min,
				       numbers[i].max, &value);

		is_int(rc, numbers[i].rc, "number '%s': result",
		       numbers[i].text);
		is_int(value, rc == 0 ? numbers[i].value : 4711,
		       "number '%s': value", numbers[i].text);
	}
}

static void
test_visible(const char *text, size_t len, const char *want, const char *name)
{
	char *got = str_visible(text, len);

	is_str(got, want, "visible: %s", name);
	free(got);
}

#define VISIBLE(text, want, name)                                              \
	test_visible(text, sizeof(text) - 1, want, name)

int
main(void)
{
	char *lower = str_lower("AbC-Z[@");

	ok(str_starts("abc", "ab"), "abc starts with ab");
	ok(str_starts("abc", ""), "abc starts with nothing");
	ok(!str_starts("abc", "abcd"), "abc does not start with abcd");
	ok(str_ends("abc", "bc"), "abc ends with bc");
	ok(str_ends("abc", ""), "abc ends with nothing");
	ok(!str_ends("bc", "abc"), "bc does not end with abc");
	is_str(lower, "abc-z[@", "lower case");
	free(lower);
	test_numbers();

	VISIBLE("", "", "nothing");
	VISIBLE("plain \\ text~", "plain \\ text~", "plain text");
	VISIBLE("a\nb\tc", "a\nb\tc", "newline and tab stay");
	VISIBLE("a\r\nb\rc", "a\nb\\015c", "carriage returns");
	VISIBLE("\033[31m\a\b\177", "\\033[31m\\007\\010\\177", "controls");
	VISIBLE("a\0b", "a\\000b", "NUL");
	VISIBLE("\303\251", "\\303\\251", "UTF-8 in the C locale");
	if (setlocale(LC_CTYPE, "C.UTF-8") != NULL) {
		VISIBLE("\303\251", "\303\251", "UTF-8");
		VISIBLE("\303", "\\303", "unfinished UTF-8");
		VISIBLE("\303x", "\\303x", "broken UTF-8");
		VISIBLE("\302\233m", "\\302\\233m", "C1 control");
		VISIBLE("\300\200", "\\300\\200", "overlong UTF-8");
	} else {
		skip("no C.UTF-8 locale");
	}
	return done_testing();
}
