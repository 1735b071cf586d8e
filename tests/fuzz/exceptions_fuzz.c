/* A host, on the first line, and the file that may list it. */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/xalloc.h"
#include "connect/exceptions.h"
#include "scratch.h"

#define FILE_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Would a line with this name be found again? */
static bool
is_usual(const char *title)
{
	for (const char *p = title; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return false;
	return *title != '\0' && strchr("#|", *title) == NULL &&
	       strlen(title) < 256;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);
	size_t len = end != NULL ? (size_t)(end - data) : size;
	char *title = xstrndup((const char *)data, len);
	size_t skip = end != NULL ? len + 1 : size;
	const char *path = scratch_write(data + skip, size - skip);
	struct buf after = BUF_INIT;
	struct err e;
	bool was_listed = exceptions_have(path, title);
	int rc;

	exceptions_add(path, title, title, size % 2 != 0);
	assert(exceptions_have(path, title) || !is_usual(title));
	rc = buf_load_file(&after, path, FILE_MAX, &e);
	assert(rc == 0 && after.len >= size - skip);
	if (size > skip)
		assert(memcmp(after.data, data + skip, size - skip) == 0);
	assert(!was_listed || after.len == size - skip);
	buf_clear(&after);
	free(title);
	return 0;
}
