#include "term/line_editor.h"

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/strv.h"
#include "base/xalloc.h"

#define MAX_LINE 4096
#define MAX_HISTORY 100
#define MAX_SEQUENCE 32 /* bytes of one key */
/* Of Unicode. A larger one makes libedit end the program. */
#define MAX_CHARACTER 0x10ffff

#define CONTROL(c) ((c) - '@')
#define ESC CONTROL('[')
#define REDRAW "\034" /* a key that nobody types */

struct line_history {
	History *lines;
};

struct line_editor {
	EditLine *el;
	int out_fd;
	int master, slave; /* libedit's own terminal; -1: not open */
	FILE *paper;       /* what libedit writes on */
	char *written;     /* all that was written since the start */
	size_t written_len;
	size_t shown; /* bytes of it that went to out_fd */
	char *prompt;
	const char *const *words;
	History *history;  /* borrowed; NULL: none */
	struct buf typed;  /* not yet given to libedit */
	size_t n_for_read; /* bytes of it that libedit may have now */
};

/* Sequences (after ESC) that terminals send, whatever $TERM says. Those that
 * are not here, such as the marks around a paste, are dropped. */
static const struct sequence {
	const char *text, *command;
} sequences[] = {
	{ "[A", "ed-prev-history" },      { "OA", "ed-prev-history" },
	{ "[B", "ed-next-history" },      { "OB", "ed-next-history" },
	{ "[C", "ed-next-char" },         { "OC", "ed-next-char" },
	{ "[D", "ed-prev-char" },         { "OD", "ed-prev-char" },
	{ "[H", "ed-move-to-beg" },       { "OH", "ed-move-to-beg" },
	{ "[1~", "ed-move-to-beg" },      { "[7~", "ed-move-to-beg" },
	{ "[F", "ed-move-to-end" },       { "OF", "ed-move-to-end" },
	{ "[4~", "ed-move-to-end" },      { "[8~", "ed-move-to-end" },
	{ "[3~", "ed-delete-next-char" }, { "[1;5C", "em-next-word" },
	{ "[1;5D", "ed-prev-word" },      { "[1;3C", "em-next-word" },
	{ "[1;3D", "ed-prev-word" },
};

#define N_SEQUENCES (sizeof(sequences) / sizeof(sequences[0]))

/* Keys whose command would wait for more input, which we cannot give it. */
static const char *const unbound[] = { "^@", "^V", "^X", "\033x", "\033X" };

#define N_UNBOUND (sizeof(unbound) / sizeof(unbound[0]))

struct line_history *
line_history_new(void)
{
	struct line_history *h = xcalloc(1, sizeof(*h));
	HistEvent event;

	h->lines = history_init();
	if (h->lines != NULL) {
		history(h->lines, &event, H_SETSIZE, MAX_HISTORY);
		history(h->lines, &event, H_SETUNIQUE, 1);
	}
	return h;
}

void
line_history_free(struct line_history *h)
{
	if (h == NULL)
		return;
	if (h->lines != NULL)
		history_end(h->lines);
	free(h);
}

/* Bring what libedit wrote to the real terminal, in which nothing turns \n
 * into \r\n. */
static void
show(struct line_editor *ed)
{
	struct buf out = BUF_INIT;

	fflush(ed->paper);
	for (; ed->shown < ed->written_len; ed->shown++) {
		char c = ed->written[ed->shown];

		if (c == '\n')
			buf_add_byte(&out, '\r');
		buf_add_byte(&out, (unsigned char)c);
	}
	fd_write(ed->out_fd, out.data, out.len);
	buf_clear(&out);
}

/* libedit's way to ask for a character: it gets the bytes of one key. */
static int
read_char(EditLine *el, wchar_t *ret_char)
{
	struct line_editor *ed = NULL;
	mbstate_t state = { 0 };
	size_t n;

	el_get(el, EL_CLIENTDATA, &ed);
	if (ed->n_for_read == 0) {
		errno = EAGAIN;
		return -1;
	}
	n = mbrtowc(ret_char, (const char *)ed->typed.data, ed->n_for_read,
		    &state);
	if (n == 0 || n > ed->n_for_read) {
		*ret_char = ed->typed.data[0];
		n = 1;
	}
	buf_consume(&ed->typed, n);
	ed->n_for_read -= n;
	return 1;
}

static char *
prompt_text(EditLine *el)
{
	struct line_editor *ed = NULL;

	el_get(el, EL_CLIENTDATA, &ed);
	return ed->prompt;
}

/* Find the words that begin with len bytes of text. Returns how many bytes
 * they have in common. */
static size_t
find_words(const char *const *words, const char *text, size_t len,
	   struct strv *found)
{
	size_t common = 0;

	for (; words != NULL && *words != NULL; words++) {
		size_t same = 0;

		if (strncmp(*words, text, len) != 0)
			continue;
		strv_add(found, *words);
		while ((*words)[same] != '\0' &&
		       (*words)[same] == found->items[0][same])
			same++;
		if (found->len == 1 || same < common)
			common = same;
	}
	return common;
}

/* A terminal that nobody reads from or writes to, for its modes and size. */
static int
open_terminal(struct line_editor *ed)
{
	const char *name;

	ed->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (ed->master < 0 || grantpt(ed->master) != 0 ||
	    unlockpt(ed->master) != 0)
		return -1;
	name = ptsname(ed->master);
	if (name == NULL)
		return -1;
	ed->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return ed->slave < 0 ? -1 : 0;
}

static void
copy_size(struct line_editor *ed)
{
	struct winsize size;

	if (ioctl(ed->out_fd, TIOCGWINSZ, &size) == 0)
		ioctl(ed->slave, TIOCSWINSZ, &size);
}

static void
bind_keys(EditLine *el)
{
	el_set(el, EL_BIND, REDRAW, "ed-redisplay", NULL);
	/* Its usual command searches while one types, and waits for that. */
	el_set(el, EL_BIND, "^R", "ed-search-prev-history", NULL);
	for (size_t i = 0; i < N_UNBOUND; i++)
		el_set(el, EL_BIND, "-r", unbound[i], NULL);
	for (size_t i = 0; i < N_SEQUENCES; i++) {
		char *key = xasprintf("\033%s", sequences[i].text);

		el_set(el, EL_BIND, key, sequences[i].command, NULL);
		free(key);
	}
}

/* Returns 0, or -1 with errno set. */
static int
start(struct line_editor *ed)
{
	EditLine *el;

	if (open_terminal(ed) != 0)
		return -1;
	copy_size(ed);
	ed->paper = open_memstream(&ed->written, &ed->written_len);
	if (ed->paper == NULL)
		return -1;
	ed->el = el_init_fd("hawser", ed->paper, ed->paper, ed->paper,
			    ed->slave, ed->slave, ed->slave);
	if (ed->el == NULL)
		return -1;
	el = ed->el;
	el_set(el, EL_CLIENTDATA, ed);
	el_set(el, EL_EDITOR, "emacs");
	el_set(el, EL_EDITMODE, 1);
	el_set(el, EL_PROMPT, prompt_text);
	el_set(el, EL_GETCFN, read_char);
	if (ed->history != NULL)
		el_set(el, EL_HIST, history, ed->history);
	bind_keys(el);
	/* So far it may have complained about an unknown $TERM. */
	fflush(ed->paper);
	ed->shown = ed->written_len;
	el_set(el, EL_UNBUFFERED, 1);
	show(ed);
	return 0;
}

struct line_editor *
line_editor_new(const struct line_editor_params *p, struct err *e)
{
	struct line_editor *ed = xcalloc(1, sizeof(*ed));

	ed->out_fd = p->out_fd;
	ed->master = ed->slave = -1;
	ed->prompt = xstrdup(p->prompt);
	ed->words = p->words;
	ed->history = p->history != NULL ? p->history->lines : NULL;
	buf_init(&ed->typed);
	if (start(ed) != 0) {
		err_set(e, ERR_LOCAL, "cannot edit a line: %s",
			strerror(errno));
		line_editor_free(ed);
		return NULL;
	}
	return ed;
}

/* The length of a sequence that begins with ESC; 0: it is not complete. */
static size_t
sequence_length(const unsigned char *p, size_t len)
{
	size_t i = 2;

	if (len < 2)
		return 0;
	if (p[1] == 'O')
		return len < 3 ? 0 : 3;
	if (p[1] != '[')
		return p[1] == ESC || p[1] >= 0x80 ? 1 : 2;
	while (i < len && i < MAX_SEQUENCE && p[i] >= ' ' && p[i] < '@')
		i++;
	if (i == MAX_SEQUENCE)
		return i;
	if (i == len)
		return 0;
	return p[i] >= '@' && p[i] <= '~' ? i + 1 : i;
}

/* The length of the first key among the typed bytes; 0: more must come. */
static size_t
key_length(const unsigned char *p, size_t len)
{
	mbstate_t state = { 0 };
	wchar_t c;
	size_t n;

	if (len == 0)
		return 0;
	if (p[0] == ESC)
		return sequence_length(p, len);
	if (p[0] < 0x80)
		return 1;
	n = mbrtowc(&c, (const char *)p, len, &state);
	if (n == (size_t)-2)
		return 0;
	return n > len ? 1 : n;
}

/* May libedit have this key? Of a sequence that it does not know, it would take
 * the end as text; after ESC and digits it would do a thing a million times. */
static bool
is_key(const struct line_editor *ed, const unsigned char *p, size_t len)
{
	const LineInfo *line = el_line(ed->el);
	mbstate_t state = { 0 };
	wchar_t c;

	if (p[0] != ESC) {
		if (p[0] >= ' ' && line->lastchar - line->buffer >= MAX_LINE)
			return p[0] == 0x7f;
		return p[0] < 0x80 ||
		       (mbrtowc(&c, (const char *)p, len, &state) == len &&
			c <= MAX_CHARACTER);
	}
	if (len == 2)
		return strchr("[0123456789", p[1]) == NULL;
	for (size_t i = 0; i < N_SEQUENCES; i++)
		if (strlen(sequences[i].text) == len - 1 &&
		    memcmp(sequences[i].text, p + 1, len - 1) == 0)
			return true;
	return false;
}

static char *
take_line(struct line_editor *ed)
{
	const LineInfo *line = el_line(ed->el);
	size_t len = (size_t)(line->lastchar - line->buffer);
	HistEvent event;
	char *text;

	if (len > 0 && line->buffer[len - 1] == '\n')
		len--;
	text = xstrndup(line->buffer, len);
	if (len > 0 && ed->history != NULL)
		history(ed->history, &event, H_ENTER, text);
	return text;
}

/* Let libedit have the first len bytes of what was typed: one key. */
static void
edit_key(struct line_editor *ed, size_t len)
{
	int count;

	ed->n_for_read = len;
	(void)el_gets(ed->el, &count);
	/* It leaves what it has no use for. */
	buf_consume(&ed->typed, ed->n_for_read);
	ed->n_for_read = 0;
}

/* Tab: type what all words that begin like the one at the cursor have in
 * common; where that is nothing, show them. */
static void
complete(struct line_editor *ed)
{
	const LineInfo *line = el_line(ed->el);
	const char *start = line->cursor;
	struct strv found = STRV_INIT;
	size_t len, common;

	while (start > line->buffer && start[-1] != ' ')
		start--;
	len = (size_t)(line->cursor - start);
	common = find_words(ed->words, start, len, &found);
	buf_reset(&ed->typed);
	if (found.len > 0 && common > len) {
		buf_add(&ed->typed, found.items[0] + len, common - len);
	} else if (found.len > 1) {
		char *text = strv_join(&found, "  ");

		fprintf(ed->paper, "\n%s\n", text);
		free(text);
		buf_add_str(&ed->typed, REDRAW);
	}
	while ((len = key_length(ed->typed.data, ed->typed.len)) > 0)
		edit_key(ed, len);
	buf_reset(&ed->typed);
	strv_clear(&found);
}

/* Deal with the key that is the first len bytes of what was typed. */
static enum line_state
feed_key(struct line_editor *ed, size_t len, char **ret_line)
{
	const LineInfo *line = el_line(ed->el);
	unsigned char first = ed->typed.data[0];

	if (first == CONTROL('C') ||
	    (first == CONTROL('D') && line->lastchar == line->buffer)) {
		/* The line may end some rows below the cursor. */
		ed->typed.data[0] = CONTROL('E');
		edit_key(ed, 1);
		fputc('\n', ed->paper);
		return LINE_CANCELLED;
	}
	if (!is_key(ed, ed->typed.data, len)) {
		buf_consume(&ed->typed, len);
		return LINE_AGAIN;
	}
	if (first == '\t') {
		complete(ed);
		return LINE_AGAIN;
	}
	edit_key(ed, len);
	if (first != '\r' && first != '\n')
		return LINE_AGAIN;
	*ret_line = take_line(ed);
	return LINE_DONE;
}

enum line_state
line_editor_feed(struct line_editor *ed, const void *data, size_t len,
		 size_t *ret_used, char **ret_line)
{
	enum line_state state = LINE_AGAIN;
	const unsigned char *in = data;
	size_t used = 0;

	/* Byte by byte, so that what follows the line stays with the owner. */
	while (used < len && state == LINE_AGAIN) {
		size_t n;

		buf_add_byte(&ed->typed, in[used++]);
		do {
			n = key_length(ed->typed.data, ed->typed.len);
			if (n > 0)
				state = feed_key(ed, n, ret_line);
		} while (n > 0 && state == LINE_AGAIN);
	}
	show(ed);
	*ret_used = used;
	return state;
}

void
line_editor_resize(struct line_editor *ed)
{
	copy_size(ed);
	el_resize(ed->el);
	el_set(ed->el, EL_REFRESH);
	show(ed);
}

void
line_editor_free(struct line_editor *ed)
{
	if (ed == NULL)
		return;
	if (ed->el != NULL)
		el_end(ed->el);
	if (ed->paper != NULL)
		fclose(ed->paper);
	if (ed->slave >= 0)
		close(ed->slave);
	if (ed->master >= 0)
		close(ed->master);
	buf_clear(&ed->typed);
	free(ed->written);
	free(ed->prompt);
	free(ed);
}
