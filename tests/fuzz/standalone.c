/*
 * A main() for fuzz targets without a fuzzer: every file named on the command
 * line, and every file in a folder named there, goes through the target once.
 * Without arguments, NAME_fuzz takes the files in tests/fuzz/corpus/NAME below
 * $srcdir. Prints TAP, one line per file; a crash is a missing plan.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"

enum { INPUT_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int files;
static int failed;

static void
run_file(const char *path)
{
	struct buf input = BUF_INIT;
	struct err e = { 0 };
	uint8_t *exact;

	files++;
	if (buf_load_file(&input, path, INPUT_MAX, &e) != 0) {
		failed++;
		printf("not ok %d - %s\n", files, e.text);
		return;
	}
	/* Exactly as long as the input, so that ASan sees a read past it. */
	exact = xmemdup(input.data, input.len);
	(void)LLVMFuzzerTestOneInput(exact, input.len);
	printf("ok %d - %s\n", files, path);
	free(exact);
	buf_clear(&input);
}

static void
run_folder(const char *path)
{
	struct dirent **names;
	int n = scandir(path, &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.') {
			char *file = xasprintf("%s/%s", path, names[i]->d_name);

			run_file(file);
			free(file);
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

static void
run_corpus(const char *program)
{
	const char *slash = strrchr(program, '/'), *srcdir = getenv("srcdir");
	const char *name = slash != NULL ? slash + 1 : program;
	char *path = xasprintf("%s/tests/fuzz/corpus/%.*s",
			       srcdir != NULL ? srcdir : ".",
			       (int)(strlen(name) - strlen("_fuzz")), name);

	run_folder(path);
	free(path);
}

int
main(int argc, char **argv)
{
	struct stat st;

	/* What was done is known even if the next file crashes. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	log_set_level(LOG_LEVEL_QUIET);
	if (argc == 1)
		run_corpus(argv[0]);
	for (int i = 1; i < argc; i++) {
		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			run_folder(argv[i]);
		else
			run_file(argv[i]);
	}
	printf("1..%d\n", files);
	return failed > 0 || files == 0 ? 1 : 0;
}
