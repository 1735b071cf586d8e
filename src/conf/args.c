#include "conf/args.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

/* Is the backslash at s followed by something that it protects? */
static bool
is_escape(const char *s, char quote)
{
	if (s[0] != '\\' || s[1] == '\0')
		return false;
	return s[1] == '\'' || s[1] == '"' || s[1] == '\\' ||
	       (quote == '\0' && s[1] == ' ');
}

/* Append the word at s to word; returns where it ends, or NULL. */
static const char *
split_word(const char *s, struct buf *word)
{
	char quote = '\0';

	for (; *s != '\0'; s++) {
		if (is_escape(s, quote)) {
			s++;
			buf_add_byte(word, (unsigned char)*s);
		} else if (quote == '\0' && (*s == ' ' || *s == '\t')) {
			break;
		} else if (quote == '\0' && (*s == '"' || *s == '\'')) {
			quote = *s;
		} else if (quote != '\0' && *s == quote) {
			quote = '\0';
		} else {
			buf_add_byte(word, (unsigned char)*s);
		}
	}
	return quote == '\0' ? s : NULL;
}

static int
split(struct args *a, const char *text, char comment)
{
	struct buf word = BUF_INIT;
	const char *s = text;

	memset(a, 0, sizeof(*a));
	a->raw = text;
	for (;;) {
		s += strspn(s, " \t");
		if (*s == '\0' || *s == comment)
			break;
		buf_reset(&word);
		s = split_word(s, &word);
		if (s == NULL)
			break;
		strv_add(&a->words, buf_str(&word));
	}
	buf_clear(&word);
	return s == NULL ? -1 : 0;
}

int
args_split(struct args *a, const char *text)
{
	return split(a, text, '#');
}

int
args_split_command(struct args *a, const char *text)
{
	return split(a, text, '\0');
}

void
args_clear(struct args *a)
{
	strv_clear(&a->words);
	a->next = 0;
}

const char *
args_next(struct args *a)
{
	if (a->next >= a->words.len)
		return NULL;
	return a->words.items[a->next++];
}

size_t
args_left(const struct args *a)
{
	return a->words.len - a->next;
}

void
args_consume(struct args *a)
{
	a->next = a->words.len;
}
