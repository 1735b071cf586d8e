#include "base/str.h"

#include <langinfo.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "base/buf.h"
#include "base/xalloc.h"

bool
str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
str_ends(const char *s, const char *suffix)
{
	size_t len = strlen(s), tail = strlen(suffix);

	return len >= tail && strcmp(s + len - tail, suffix) == 0;
}

int
str_to_number(const char *s, long long min, long long max, long long *ret_value)
{
	bool negative = *s == '-';
	long long value = 0;

	if (*s == '-' || *s == '+')
		s++;
	if (*s == '\0')
		return -1;
	for (; *s != '\0'; s++) {
		int digit = *s - '0';

		if (digit < 0 || digit > 9)
			return -1;
		/* Built on the negative side, which reaches further. */
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, digit, &value))
			return -1;
	}
	if (!negative && __builtin_sub_overflow(0, value, &value))
		return -1;
	if (value < min || value > max)
		return -1;
	*ret_value = value;
	return 0;
}

/* Length of the printable multibyte character at s, or 0. */
static size_t
printable_char(const char *s, size_t len)
{
	mbstate_t state;
	wchar_t wc;
	size_t n;

	memset(&state, 0, sizeof(state));
	n = mbrtowc(&wc, s, len, &state);
	if (n == 0 || n == (size_t)-1 || n == (size_t)-2)
		return 0;
	return iswprint((wint_t)wc) != 0 ? n : 0;
}

/* Make visible; the control characters in kept stay as they are. */
static char *
make_visible(const char *text, size_t len, const char *kept)
{
	bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	struct buf out = BUF_INIT;
	size_t i = 0;

	while (i < len) {
		unsigned char c = (unsigned char)text[i];
		size_t n = 1;

		if (c == '\r' && i + 1 < len && text[i + 1] == '\n') {
			i++;
			continue;
		}
		if (c >= 0x80)
			n = utf8 ? printable_char(text + i, len - i) : 0;
		else if (c == 0x7f || c == '\0' ||
			 (c < 0x20 && strchr(kept, c) == NULL))
			n = 0;
		if (n > 0)
			buf_add(&out, text + i, n);
		else
			buf_addf(&out, "\\%03o", c);
		i += n > 0 ? n : 1;
	}
	return buf_take_str(&out);
}

char *
str_visible(const char *text, size_t len)
{
	return make_visible(text, len, "\n\t");
}

char *
str_visible_line(const char *text, size_t len)
{
	return make_visible(text, len, "");
}

char *
str_lower(const char *s)
{
	char *copy = xstrdup(s);

	for (char *p = copy; *p != '\0'; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	}
	return copy;
}
