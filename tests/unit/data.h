/*
 * data - the files in tests/unit/data/ (automake says where the sources are),
 * and scratch files under $TMPDIR.
 */
#ifndef TESTS_UNIT_DATA_H
#define TESTS_UNIT_DATA_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/xalloc.h"

/* The path of a data file; the caller frees it. */
static inline char *
data_path(const char *name)
{
	const char *top = getenv("srcdir");

	return xasprintf("%s/tests/unit/data/%s", top != NULL ? top : ".",
			 name);
}

/* Append a data file to b; a missing one ends the test. */
static inline void
data_load(const char *name, struct buf *b)
{
	char *path = data_path(name);
	struct err e;

	if (buf_load_file(b, path, 1 << 20, &e) != 0) {
		printf("Bail out! %s\n", e.text);
		exit(1);
	}
	free(path);
}

/* A new folder under $TMPDIR; the caller frees the path. */
static inline char *
data_scratch(void)
{
	const char *tmp = getenv("TMPDIR");
	char *path =
	    xasprintf("%s/hawser-test.XXXXXX", tmp != NULL ? tmp : "/tmp");

	if (mkdtemp(path) == NULL) {
		printf("Bail out! %s\n", path);
		exit(1);
	}
	return path;
}

/* Write a file, replacing what was there. */
static inline void
data_write(const char *path, const void *data, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len ||
	    fchmod(fd, mode) != 0 || close(fd) != 0) {
		printf("Bail out! %s\n", path);
		exit(1);
	}
}

#endif
