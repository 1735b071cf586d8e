#include "base/strv.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"

void
strv_clear(struct strv *v)
{
	if (v == NULL)
		return;
	for (size_t i = 0; i < v->len; i++)
		free(v->items[i]);
	free(v->items);
	v->items = NULL;
	v->len = 0;
}

void
strv_add(struct strv *v, const char *s)
{
	strv_add_take(v, xstrdup(s));
}

void
strv_add_take(struct strv *v, char *s)
{
	v->items = xreallocarray(v->items, v->len + 2, sizeof(*v->items));
	v->items[v->len++] = s;
	v->items[v->len] = NULL;
}

void
strv_copy(struct strv *to, const struct strv *from)
{
	struct strv copy = STRV_INIT;

	for (size_t i = 0; i < from->len; i++)
		strv_add(&copy, from->items[i]);
	strv_clear(to);
	*to = copy;
}

bool
strv_has(const struct strv *v, const char *s)
{
	for (size_t i = 0; i < v->len; i++) {
		if (strcmp(v->items[i], s) == 0)
			return true;
	}
	return false;
}

void
strv_split(struct strv *v, const char *s, const char *seps)
{
	for (;;) {
		size_t len;

		s += strspn(s, seps);
		if (*s == '\0')
			return;
		len = strcspn(s, seps);
		strv_add_take(v, xstrndup(s, len));
		s += len;
	}
}

char *
strv_join(const struct strv *v, const char *sep)
{
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < v->len; i++) {
		if (i > 0)
			buf_add_str(&out, sep);
		buf_add_str(&out, v->items[i]);
	}
	return buf_take_str(&out);
}
