#include <string.h>

#include "base/match.h"
#include "tap.h"

static const struct {
	const char *s, *pattern;
	bool want;
} patterns[] = {
	{ "", "", true },
	{ "a", "", false },
	{ "", "*", true },
	{ "", "?", false },
	{ "a", "?", true },
	{ "ab", "?", false },
	{ "abc", "*", true },
	{ "abc", "a*", true },
	{ "abc", "*c", true },
	{ "abc", "*b*", true },
	{ "abc", "a?c", true },
	{ "abc", "a*d", false },
	{ "abc", "**c", true },
	{ "abc", "ABC", false },
	{ "aXbXc", "a*Xc", true },
	{ "mississippi", "m*iss*ppi", true },
	{ "mississippi", "m*iss*ppx", false },
	{ "a*b", "a*b", true },
	{ "host.example", "*.example", true },
	{ ".example", "*.example", true },
	{ "example", "*.example", false },
};

static const struct {
	const char *s, *list;
	bool fold;
	enum match_result want;
} lists[] = {
	{ "a", "a,b", false, MATCH_YES },
	{ "b", "a,b", false, MATCH_YES },
	{ "c", "a,b", false, MATCH_NO },
	{ "ab", "a,b", false, MATCH_NO },
	{ "a", "*,!a", false, MATCH_NEGATED },
	{ "a", "!a,*", false, MATCH_NEGATED },
	{ "b", "!a,*", false, MATCH_YES },
	{ "b", "!a", false, MATCH_NO },
	{ "A", "a", false, MATCH_NO },
	{ "A", "a", true, MATCH_YES },
	{ "a", "A", true, MATCH_YES },
	{ "x.example", "*.EXAMPLE,!y.*", true, MATCH_YES },
	{ "Y.example", "*.EXAMPLE,!y.*", true, MATCH_NEGATED },
	{ "a", "", false, MATCH_NO },
	{ "a", ",a", false, MATCH_YES },
	{ "a", "a,", false, MATCH_YES },
	{ "a", "!", false, MATCH_NO },
	{ "a", " a", false, MATCH_NO },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Many stars against a long text that almost matches: must not explode. */
static void
test_hard_pattern(void)
{
	char text[20001], pattern[401];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (size_t i = 0; i + 1 < sizeof(pattern); i += 2) {
		pattern[i] = '*';
		pattern[i + 1] = 'a';
	}
	pattern[sizeof(pattern) - 1] = '\0';
	ok(match_pattern(text, pattern), "200 stars match");
	pattern[sizeof(pattern) - 2] = 'b';
	ok(!match_pattern(text, pattern), "200 stars do not match");
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(patterns); i++)
		is_int(match_pattern(patterns[i].s, patterns[i].pattern),
		       patterns[i].want, "'%s' against '%s'", patterns[i].s,
		       patterns[i].pattern);
	for (size_t i = 0; i < COUNT(lists); i++)
		is_int(match_list(lists[i].s, lists[i].list, lists[i].fold),
		       lists[i].want, "'%s' in list '%s'", lists[i].s,
		       lists[i].list);
	is_int(match_host("A.B", "a.*"), MATCH_YES, "hosts ignore case");
	test_hard_pattern();
	return done_testing();
}
