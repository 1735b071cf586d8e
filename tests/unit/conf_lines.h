/*
 * conf_lines - comparing a configuration with the lines that -G should show.
 */
#ifndef TESTS_UNIT_CONF_LINES_H
#define TESTS_UNIT_CONF_LINES_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "conf/conf.h"

/* Does text have the line, or a line whose keyword is that one word? */
static inline bool
conf_text_has_line(const char *text, const char *line, size_t len)
{
	char *needle = xasprintf("\n%.*s", (int)len, line);
	bool is_keyword = memchr(line, ' ', len) == NULL;
	const char *at = strstr(text, needle);
	bool found = false;

	for (; at != NULL && !found; at = strstr(at + 1, needle))
		found =
		    at[len + 1] == '\n' || (at[len + 1] == ' ' && is_keyword);
	free(needle);
	return found;
}

/*
 * Are all lines of want in the dump? A line that starts with '!' must not be;
 * a single word is a keyword with any value. Returns NULL, or where in want
 * the first difference is.
 */
static inline const char *
conf_differs(const struct conf *c, const char *want)
{
	char *text = NULL;
	size_t text_len = 0;
	FILE *out = open_memstream(&text, &text_len);
	bool same = true;

	fputc('\n', out);
	conf_dump(c, out);
	fclose(out);
	while (same && *want != '\0') {
		size_t len = strcspn(want, "\n");

		same = *want == '!'
			   ? !conf_text_has_line(text, want + 1, len - 1)
			   : conf_text_has_line(text, want, len);
		if (same)
			want += len + (want[len] == '\n');
	}
	free(text);
	return same ? NULL : want;
}

#endif
