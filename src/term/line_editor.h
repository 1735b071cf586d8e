/*
 * line_editor - libedit inside somebody else's event loop: bytes that were
 * typed go in, a line comes out.
 *
 * libedit insists on a terminal whose modes it sets, so it gets a pseudo
 * terminal of its own; the real one, which the owner has put into raw mode, is
 * only written to, with \r\n line ends. No signal handler is installed, and
 * the user's ~/.editrc is not read. Keys are those of libedit's emacs mode;
 * the bytes are those of the locale that main() set.
 */
#ifndef TERM_LINE_EDITOR_H
#define TERM_LINE_EDITOR_H

#include <stddef.h>

struct err;
struct line_editor;
struct line_history;

/* The lines entered so far, for as many editors as there will be. */
struct line_history *line_history_new(void);
void line_history_free(struct line_history *h); /* NULL is fine */

struct line_editor_params {
	int out_fd;                   /* the terminal; borrowed */
	const char *prompt;           /* one line; copied */
	const char *const *words;     /* what Tab completes, up to a NULL;
					 borrowed; NULL: nothing */
	struct line_history *history; /* borrowed; NULL: none */
};

/* Print the prompt, at the start of a line. Returns an editor owned by the
 * caller, or NULL with e set (ERR_LOCAL). */
struct line_editor *line_editor_new(const struct line_editor_params *p,
				    struct err *e);

enum line_state {
	LINE_AGAIN,     /* more must be typed */
	LINE_DONE,      /* *ret_line is set; the cursor is on a new line */
	LINE_CANCELLED, /* ^C, or ^D on an empty line; likewise */
};

/*
 * Take bytes that were typed, up to the end of the line: *ret_used tells how
 * many. *ret_line is owned by the caller, without a line end, and already in
 * the history. After DONE and CANCELLED only line_editor_free() may be called.
 */
enum line_state line_editor_feed(struct line_editor *ed, const void *data,
				 size_t len, size_t *ret_used, char **ret_line);

/* The terminal has another size now: draw the line anew. */
void line_editor_resize(struct line_editor *ed);

void line_editor_free(struct line_editor *ed); /* NULL is fine */

#endif
