#include "base/match.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xalloc.h"

static bool
same_char(char a, char b, bool fold)
{
	if (fold && a >= 'A' && a <= 'Z')
		a = (char)(a - 'A' + 'a');
	if (fold && b >= 'A' && b <= 'Z')
		b = (char)(b - 'A' + 'a');
	return a == b;
}

/*
 * Only the last '*' met ever needs to be tried again, because whatever an
 * earlier one could take, the last one can take as well.
 */
static bool
match_bytes(const char *s, const char *pattern, size_t len, bool fold)
{
	const char *end = pattern + len, *star = NULL, *retry = NULL;

	while (*s != '\0') {
		if (pattern < end && *pattern == '*') {
			star = ++pattern;
			retry = s;
		} else if (pattern < end &&
			   (*pattern == '?' || same_char(*s, *pattern, fold))) {
			pattern++;
			s++;
		} else if (star != NULL) {
			pattern = star;
			s = ++retry;
		} else {
			return false;
		}
	}
	while (pattern < end && *pattern == '*')
		pattern++;
	return pattern == end;
}

bool
match_pattern(const char *s, const char *pattern)
{
	return match_bytes(s, pattern, strlen(pattern), false);
}

enum match_result
match_list(const char *s, const char *list, bool fold)
{
	enum match_result result = MATCH_NO;

	while (*list != '\0') {
		bool negated = *list == '!';
		size_t len;

		if (negated)
			list++;
		len = strcspn(list, ",");
		if (match_bytes(s, list, len, fold)) {
			if (negated)
				return MATCH_NEGATED;
			result = MATCH_YES;
		}
		list += len;
		if (*list == ',')
			list++;
	}
	return result;
}

enum match_result
match_host(const char *host, const char *list)
{
	return match_list(host, list, true);
}
