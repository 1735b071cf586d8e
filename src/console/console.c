#include "console/console.h"

#include <errno.h>
#include <langinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "console/commands.h"
#include "console/internal.h"
#include "console/link_notice.h"
#include "console/pacing.h"
#include "console/pty.h"
#include "console/recording.h"
#include "forward/stdio.h"
#include "net/loop.h"
#include "ssh/channel.h"
#include "term/escape.h"
#include "term/ledger.h"
#include "term/terminal.h"

bool
console_wants_terminal(struct console *c, const char *command)
{
	const struct conf *o = c->conf;
	bool wanted = o->request_tty == CONF_REQUEST_TTY_YES ||
		      o->request_tty == CONF_REQUEST_TTY_FORCE;

	if (o->session_type == CONF_SESSION_NONE ||
	    o->request_tty == CONF_REQUEST_TTY_NO)
		return false;
	if (command == NULL)
		wanted = true;
	if (o->request_tty == CONF_REQUEST_TTY_FORCE)
		return true;
	if (isatty(STDIN_FILENO) && !o->stdin_null)
		return wanted;
	if (wanted && !c->has_told)
		log_info("Pseudo-terminal will not be allocated because stdin "
			 "is not a terminal.");
	c->has_told |= wanted;
	return false;
}

struct console *
console_new(const struct console_params *p)
{
	struct console *c = xcalloc(1, sizeof(*c));

	c->params = *p;
	c->loop = p->loop;
	c->conf = p->conf;
	return c;
}

void
console_free(struct console *c)
{
	if (c == NULL)
		return;
	console_detach(c);
	terminal_free(c->terminal);
	free(c);
}

void
console_open_terminal(struct console *c)
{
	const struct terminal_fds fds = { STDIN_FILENO, STDOUT_FILENO,
					  STDERR_FILENO };

	c->terminal = terminal_new(&fds);
	c->is_on_screen = isatty(STDOUT_FILENO);
	c->is_attended = isatty(STDIN_FILENO) && !c->conf->stdin_null;
}

bool
console_has_terminal(const struct console *c)
{
	return c->terminal != NULL;
}

bool
console_is_attended(const struct console *c)
{
	return c->is_attended;
}

void
console_set_term(struct console *c, const char *term)
{
	c->term = term;
}

const char *
console_term_name(const struct console *c)
{
	const struct strv *set = &c->conf->set_env;
	const char *term = getenv("TERM");

	if (c->term != NULL)
		return c->term;
	for (size_t n = 0; n < set->len; n++)
		if (strncmp(set->items[n], "TERM=", 5) == 0)
			return set->items[n] + 5;
	return term != NULL ? term : "";
}

static struct channel_size
get_size(const struct console *c)
{
	struct terminal_size size;

	terminal_own_size(c->terminal, &size);
	return pty_size(&size);
}

void
console_request_pty(void *arg, struct channel *channel)
{
	struct console *c = arg;
	struct channel_size size = get_size(c);
	struct termios settings;
	bool has_settings = tcgetattr(STDIN_FILENO, &settings) == 0;

	pty_request(channel, console_term_name(c),
		    has_settings ? &settings : NULL, &size);
}

static void
on_size_change(struct console *c)
{
	struct channel_size size = get_size(c);

	ledger_set_rows(&c->ledger, size.rows);
	recording_resize(c->recording, size.cols, size.rows);
	commands_resize(c);
	channel_set_size(c->view.channel, &size);
}

static void
on_signal(void *arg, int signo)
{
	struct console *c = arg;
	struct err e = { .kind = ERR_NONE };

	if (signo == SIGTSTP && terminal_suspend(c->terminal, &e) != 0)
		log_debug("%s", e.text);
	if (signo == SIGCONT && terminal_is_raw(c->terminal) &&
	    terminal_enter(c->terminal, &e) != 0)
		log_debug("%s", e.text);
	on_size_change(c);
	console_wake(c);
}

/* Without an explicit wish for a terminal the session goes on if it got none,
 * as in ssh; the user was told. */
static int
go_without(const struct console *c, struct err *e)
{
	if (c->conf->request_tty == CONF_REQUEST_TTY_YES ||
	    c->conf->request_tty == CONF_REQUEST_TTY_FORCE)
		return err_set(e, ERR_QUIET, "no terminal");
	return 0;
}

static int
start(struct console *c, struct err *e)
{
	static const int signals[CONSOLE_SIGNALS] = { SIGWINCH, SIGCONT,
						      SIGTSTP };

	if (!channel_has_pty(c->view.channel))
		return go_without(c, e);
	if (terminal_enter(c->terminal, e) != 0)
		return -1;
	for (size_t n = 0; n < CONSOLE_SIGNALS; n++)
		c->signals[n] =
		    loop_signal_new(c->loop, signals[n], on_signal, c);
	c->link_notice = link_notice_new(c);
	c->recording = recording_new(c, e);
	if (c->conf->record_session != NULL && c->recording == NULL)
		return -1;
	/* it may have changed since the pty was asked for */
	on_size_change(c);
	return 0;
}

int
console_attach(struct console *c, const struct console_view *v, struct err *e)
{
	c->view = *v;
	c->has_ended = c->is_over = false;
	if (c->terminal == NULL)
		return 0;
	escape_init(&c->escape, c->conf->escape_char);
	ledger_init(&c->ledger, strcmp(nl_langinfo(CODESET), "UTF-8") != 0);
	terminal_set_undo(c->terminal, NULL, 0);
	if (start(c, e) != 0)
		return -1;
	if (c->was_attached)
		terminal_forget_input(c->terminal);
	c->was_attached = true;
	c->pacing = pacing_new(c);
	return 0;
}

void
console_detach(struct console *c)
{
	console_end(c, false);
	for (size_t n = 0; n < CONSOLE_SIGNALS; n++) {
		loop_signal_free(c->signals[n]);
		c->signals[n] = NULL;
	}
	commands_clear(c);
	link_notice_free(c->link_notice);
	c->link_notice = NULL;
	pacing_free(c->pacing);
	c->pacing = NULL;
	c->view = (struct console_view){ .session = NULL };
}

bool
console_may_send(struct console *c)
{
	return pacing_may_send(c->pacing);
}

static void
say(const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, text, len);

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
}

void
console_say(const char *text)
{
	say(text, strlen(text));
}

void
console_say_buf(struct buf *b)
{
	say((const char *)b->data, b->len);
	buf_clear(b);
}

void
console_end(struct console *c, bool is_abnormal)
{
	struct buf undo = BUF_INIT;

	if (c->terminal == NULL || c->view.session == NULL)
		return;
	if (is_abnormal && c->is_on_screen && !c->has_ended) {
		ledger_undo(&c->ledger, &undo);
		if (undo.len > 0 &&
		    write(STDOUT_FILENO, undo.data, undo.len) < 0)
			log_debug("undoing terminal modes: %s",
				  strerror(errno));
		buf_clear(&undo);
	}
	c->has_ended = true;
	terminal_leave(c->terminal);
	recording_free(c->recording);
	c->recording = NULL;
}

bool
console_is_over(const struct console *c)
{
	return c->is_over;
}

void
console_typed(void *arg, const void *data, size_t len, struct buf *out)
{
	struct console *c = arg;
	const unsigned char *at = data;

	while (len > 0 && !c->is_over) {
		size_t used = len;
		size_t before = out->len;
		enum escape_action action = ESCAPE_NONE;

		if (commands_is_editing(c))
			used = commands_edit(c, at, len);
		else
			action = escape_feed(&c->escape, at, len, out, &used);
		recording_input(c->recording, out->data + before,
				out->len - before);
		if (out->len > before) {
			link_notice_typed(c->link_notice);
			pacing_typed(c->pacing);
		}
		if (action != ESCAPE_NONE)
			commands_run(c, action);
		at += used;
		len -= used;
	}
}

void
console_shown(void *arg, const void *data, size_t len)
{
	struct console *c = arg;
	struct buf undo = BUF_INIT;

	ledger_feed(&c->ledger, data, len);
	ledger_undo(&c->ledger, &undo);
	terminal_set_undo(c->terminal, undo.data, undo.len);
	buf_clear(&undo);
	recording_output(c->recording, data, len);
}
