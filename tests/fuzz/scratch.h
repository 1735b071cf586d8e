/*
 * scratch - a file under $TMPDIR for the targets of functions that read one:
 * written anew for every input, removed at the end.
 */
#ifndef TESTS_FUZZ_SCRATCH_H
#define TESTS_FUZZ_SCRATCH_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/xalloc.h"

static char *scratch_path;

static inline void
scratch_remove(void)
{
	unlink(scratch_path);
	free(scratch_path);
}

static inline void
scratch_make(void)
{
	const char *tmp = getenv("TMPDIR");
	int fd;

	scratch_path =
	    xasprintf("%s/hawser-fuzz.XXXXXX", tmp != NULL ? tmp : "/tmp");
	fd = mkstemp(scratch_path);
	if (fd < 0)
		abort();
	close(fd);
	atexit(scratch_remove);
}

/* Replace what the file holds. Returns its path. */
static inline const char *
scratch_write(const void *data, size_t len)
{
	FILE *out;

	if (scratch_path == NULL)
		scratch_make();
	out = fopen(scratch_path, "we");
	if (out == NULL || (len > 0 && fwrite(data, 1, len, out) != len) ||
	    fclose(out) != 0)
		abort();
	return scratch_path;
}

#endif
