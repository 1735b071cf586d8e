#include <stdlib.h>

#include "base/strv.h"
#include "base/xalloc.h"
#include "tap.h"

static const struct {
	const char *text, *seps, *joined;
	size_t len;
} splits[] = {
	{ "", ",", "", 0 },          { ",", ",", "", 0 },
	{ "a", ",", "a", 1 },        { "a,b", ",", "a|b", 2 },
	{ ",a,,b,", ",", "a|b", 2 }, { " a\tb  c", " \t", "a|b|c", 3 },
};

int
main(void)
{
	struct strv v = STRV_INIT, copy = STRV_INIT;
	char *s = strv_join(&v, ",");

	is_str(s, "", "nothing joined");
	free(s);
	ok(!strv_has(&v, "a"), "nothing has nothing");
	strv_add(&v, "a");
	strv_add_take(&v, xstrdup("bc"));
	strv_add(&v, "e");
	is_int((long long)v.len, 3, "three items");
	is_str(v.items[1], "bc", "a string that is taken");
	ok(v.items[3] == NULL, "NULL at the end");
	ok(strv_has(&v, "bc") && !strv_has(&v, "b"), "has");

	strv_add(&copy, "old");
	strv_copy(&copy, &v);
	s = strv_join(&copy, ", ");
	is_str(s, "a, bc, e", "a copy, joined");
	free(s);
	strv_copy(&copy, &copy);
	is_int((long long)copy.len, 3, "a copy of itself");
	strv_clear(&v);
	ok(v.items == NULL && v.len == 0, "clear");
	strv_copy(&copy, &v);
	is_int((long long)copy.len, 0, "a copy of nothing");
	strv_clear(NULL);

	for (size_t i = 0; i < sizeof(splits) / sizeof(splits[0]); i++) {
		strv_split(&v, splits[i].text, splits[i].seps);
		is_int((long long)v.len, (long long)splits[i].len,
		       "pieces of '%s'", splits[i].text);
		s = strv_join(&v, "|");
		is_str(s, splits[i].joined, "split '%s'", splits[i].text);
		free(s);
		strv_clear(&v);
	}
	strv_clear(&copy);
	return done_testing();
}
