#include "term/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "term/askpass.h"
#include "term/dialog.h"

/* As much as ssh takes; the rest of a longer line is dropped. */
#define MAX_ANSWER 1023

enum echo { ECHO_OFF, ECHO_ON };

bool
prompt_is_possible(void)
{
	switch (askpass_use()) {
	case ASKPASS_NEVER:
		return dialog_is_possible();
	case ASKPASS_FALLBACK:
	case ASKPASS_FIRST:
		return true;
	}
	return false;
}

bool
prompt_uses_terminal(void)
{
	return askpass_use() != ASKPASS_FIRST && dialog_is_possible();
}

/* The terminal's own line discipline does the editing. */
static int
ask_plainly(struct dialog *d, const char *question, enum echo echo,
	    struct buf *answer)
{
	unsigned char byte = 0;
	int n;

	if (echo == ECHO_OFF)
		dialog_hide(d);
	/* Back to the start of the line, over what may have been typed before
	 * the echo was off. */
	dialog_write(d, "\r");
	dialog_write(d, question);
	while ((n = dialog_read(d, &byte)) == 1) {
		if (byte == '\n' || byte == '\r')
			break;
		if (answer->len < MAX_ANSWER)
			buf_add_byte(answer, byte);
	}
	secret_wipe(&byte, sizeof(byte));
	if (echo == ECHO_OFF || n != 1)
		dialog_write(d, "\n");
	return n < 0 ? -1 : 0;
}

/* What libedit's callbacks need. */
struct editor {
	struct dialog *dialog;
	char *prompt;
	bool has_failed;
};

static struct editor *
editor_of(EditLine *el)
{
	void *data = NULL;

	el_get(el, EL_CLIENTDATA, &data);
	return data;
}

static char *
give_prompt(EditLine *el)
{
	return editor_of(el)->prompt;
}

/* One character, made of as many bytes as it takes. */
static int
give_char(EditLine *el, wchar_t *ret_char)
{
	struct editor *ed = editor_of(el);
	mbstate_t state = { 0 };
	unsigned char byte;
	size_t rc;
	int n;

	while ((n = dialog_read(ed->dialog, &byte)) == 1) {
		rc = mbrtowc(ret_char, (const char *)&byte, 1, &state);
		if (rc == 0 || rc == 1)
			return 1;
		if (rc == (size_t)-1) /* not a character: begin anew */
			memset(&state, 0, sizeof(state));
	}
	ed->has_failed = n < 0;
	return n;
}

static EditLine *
editor_start(struct editor *ed, FILE *in, FILE *out, FILE *complaints)
{
	EditLine *el = el_init("hawser", in, out, complaints);

	if (el == NULL)
		return NULL;
	el_set(el, EL_CLIENTDATA, ed);
	el_set(el, EL_EDITOR, "emacs");
	el_set(el, EL_SIGNAL, 0);
	el_set(el, EL_PROMPT, give_prompt);
	el_set(el, EL_GETCFN, give_char);
	return el;
}

/* Returns whether a line was entered. */
static bool
run_editor(EditLine *el, struct buf *answer)
{
	int count = 0;
	const char *line = el_gets(el, &count);
	size_t len;

	if (line == NULL)
		return false;
	len = strcspn(line, "\r\n");
	buf_add(answer, line, len < MAX_ANSWER ? len : MAX_ANSWER);
	return true;
}

/*
 * libedit redraws its prompt and so wants it to be one line; the lines before
 * it are written as they are.
 */
static const char *
last_line(const char *question)
{
	const char *newline = strrchr(question, '\n');

	return newline != NULL ? newline + 1 : question;
}

static int
ask_with_editor(struct dialog *d, const char *question, struct buf *answer)
{
	struct editor ed = { .dialog = d, .has_failed = true };
	const char *last = last_line(question);
	/* libedit does not expect the dialog's, which does not block */
	FILE *in = fopen(DIALOG_TERMINAL, "re");
	FILE *out = fopen(DIALOG_TERMINAL, "we");
	FILE *complaints = fopen("/dev/null", "we");
	EditLine *el = NULL;
	bool has_line;

	ed.prompt = xstrdup(last);
	if (in == NULL || out == NULL || complaints == NULL)
		goto out;
	el = editor_start(&ed, in, out, complaints);
	if (el == NULL)
		goto out;
	fwrite(question, 1, (size_t)(last - question), out);
	ed.has_failed = false;
	has_line = run_editor(el, answer);
	el_end(el);
	if (!has_line)
		dialog_write(d, "\n");
out:
	if (in != NULL)
		fclose(in);
	if (out != NULL)
		fclose(out);
	if (complaints != NULL)
		fclose(complaints);
	free(ed.prompt);
	return ed.has_failed ? -1 : 0;
}

/* libedit breaks a prompt that does not fit into one row, and programs that
 * wait for its text would not find it. */
static bool
can_edit(const struct dialog *d, const char *question)
{
	const char *term = getenv("TERM");
	struct winsize size = { 0 };
	size_t columns = 80;

	if (ioctl(d->fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		columns = size.ws_col;
	return term != NULL && *term != '\0' && strcmp(term, "dumb") != 0 &&
	       strlen(last_line(question)) < columns;
}

static struct secret *
ask_terminal(const char *question, enum echo echo, struct err *e)
{
	struct buf answer = BUF_INIT;
	struct secret *s = NULL;
	struct dialog d;
	int rc;

	answer.wipe = true;
	do {
		buf_reset(&answer);
		if (dialog_open(&d, e) != 0)
			goto out;
		if (echo == ECHO_ON && can_edit(&d, question))
			rc = ask_with_editor(&d, question, &answer);
		else
			rc = ask_plainly(&d, question, echo, &answer);
	} while (dialog_close(&d));
	if (rc == 0)
		s = secret_new((const char *)answer.data, answer.len);
	else
		err_set(e, ERR_LOCAL, "the question was not answered");
out:
	buf_clear(&answer);
	return s;
}

struct secret *
prompt_ask(const char *question, bool echo, struct err *e)
{
	enum askpass_use use = askpass_use();

	if (use == ASKPASS_FIRST ||
	    (use == ASKPASS_FALLBACK && !dialog_is_possible()))
		return askpass_ask(question, e);
	return ask_terminal(question, echo ? ECHO_ON : ECHO_OFF, e);
}
