#include "base/secret.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

struct secret *
secret_new(const char *text, size_t len)
{
	struct secret *s = xmalloc(sizeof(*s));

	s->text = xmalloc(len + 1);
	if (len > 0)
		memcpy(s->text, text, len);
	s->text[len] = '\0';
	s->len = len;
	return s;
}

void
secret_free(struct secret *s)
{
	if (s == NULL)
		return;
	secret_wipe(s->text, s->len);
	free(s->text);
	free(s);
}

void
secret_wipe(void *data, size_t len)
{
	/* A volatile pointer: the compiler cannot know that this is memset. */
	static void *(*const volatile wipe)(void *, int, size_t) = memset;

	if (len > 0)
		wipe(data, 0, len);
}
