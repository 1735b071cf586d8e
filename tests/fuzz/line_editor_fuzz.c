/* Keys that are typed. The first byte says how many come at once, and after
 * how many of such pieces the terminal changes its size. */
#include <assert.h>
#include <fcntl.h>
#include <locale.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "term/line_editor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The terminal library keeps what it knows about a terminal for ever. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libtinfo\nleak:libncurses\n";
}

static const char *const words[] = { "-L", "-R", "-KL", "-KR", "help", NULL };

/* Type up to the end of one line. Returns how much of it that was. */
static size_t
edit(const struct line_editor_params *p, const uint8_t *data, size_t size,
     uint8_t how)
{
	size_t piece = (size_t)(how & 15) + 1, at = 0, n_pieces = 0;
	enum line_state state = LINE_AGAIN;
	char *line = NULL;
	struct err e;
	struct line_editor *ed = line_editor_new(p, &e);

	assert(ed != NULL);
	while (at < size && state == LINE_AGAIN) {
		size_t len = size - at < piece ? size - at : piece, used = 0;

		state = line_editor_feed(ed, data + at, len, &used, &line);
		assert(used <= len && (used == len || state != LINE_AGAIN));
		at += used;
		if (state == LINE_AGAIN && ++n_pieces == (size_t)(how >> 4) + 1)
			line_editor_resize(ed);
	}
	assert((line != NULL) == (state == LINE_DONE));
	assert(line == NULL || strchr(line, '\n') == NULL);
	free(line);
	line_editor_free(ed);
	return at;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct line_editor_params p = { .prompt = "ssh> ", .words = words };
	size_t at = 1;

	if (size == 0)
		return 0;
	setlocale(LC_CTYPE, "C.UTF-8");
	setenv("TERM", "xterm", 1);
	p.out_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	p.history = line_history_new();
	while (at < size)
		at += edit(&p, data + at, size - at, data[0]);
	line_history_free(p.history);
	close(p.out_fd);
	return 0;
}
