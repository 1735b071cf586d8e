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

static const struct {
	const char *addr, *list;
	enum match_result want;
} addresses[] = {
	{ "10.1.2.3", "10.0.0.0/8", MATCH_YES },
	{ "11.1.2.3", "10.0.0.0/8", MATCH_NO },
	{ "10.1.2.3", "10.0.0.0/8,!10.1.0.0/16", MATCH_NEGATED },
	{ "10.1.2.3", "!10.1.0.0/16,10.0.0.0/8", MATCH_NEGATED },
	{ "10.2.2.3", "10.0.0.0/8,!10.1.0.0/16", MATCH_YES },
	{ "10.1.2.3", "10.1.2.3", MATCH_YES },
	{ "10.1.2.3", "10.1.2.3/32", MATCH_YES },
	{ "10.1.2.4", "10.1.2.3", MATCH_NO },
	{ "10.1.2.127", "10.1.2.0/25", MATCH_YES },
	{ "10.1.2.128", "10.1.2.0/25", MATCH_NO },
	{ "1.2.3.4", "0.0.0.0/0", MATCH_YES },
	{ "::1", "0.0.0.0/0", MATCH_NO },
	{ "::1", "::1", MATCH_YES },
	{ "::1", "0:0:0:0:0:0:0:1", MATCH_YES },
	{ "2001:db8::5", "2001:db8::/32", MATCH_YES },
	{ "2001:db9::5", "2001:db8::/32", MATCH_NO },
	{ "2001:db8::5", "::/0", MATCH_YES },
	{ "192.168.7.9", "192.168.*", MATCH_YES },
	{ "192.169.7.9", "192.168.*", MATCH_NO },
	{ "192.168.7.9", "!192.168.*,*", MATCH_NEGATED },
	{ "10.1.2.3", "10.0.0.1/8", MATCH_NO },
	{ "10.1.2.3", "10.1.2.3,10.0.0.1/8", MATCH_NO },
	{ "10.1.2.3", "10.0.0.0/33", MATCH_NO },
	{ "10.1.2.3", "10.0.0.0/", MATCH_NO },
	{ "10.1.2.3", "", MATCH_NO },
	{ "10.1", "10.0.0.0/8", MATCH_NO },
	{ "host", "*", MATCH_NO },
	{ "", "*", MATCH_NO },
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
	for (size_t i = 0; i < COUNT(addresses); i++)
		is_int(match_address(addresses[i].addr, addresses[i].list),
		       addresses[i].want, "address '%s' in '%s'",
		       addresses[i].addr, addresses[i].list);
	is_int(match_host("A.B", "a.*"), MATCH_YES, "hosts ignore case");
	test_hard_pattern();
	return done_testing();
}
