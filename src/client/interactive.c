#include "client/interactive.h"

#include <errno.h>
#include <langinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "client/commands.h"
#include "client/internal.h"
#include "client/link.h"
#include "client/pacing.h"
#include "client/recording.h"
#include "client/terminal_state.h"
#include "conf/conf.h"
#include "forward/stdio.h"
#include "net/loop.h"
#include "ssh/channel.h"
#include "term/escape.h"
#include "term/ledger.h"
#include "term/pty_modes.h"
#include "term/terminal.h"

bool
interactive_is_wanted(const struct client *c)
{
	const struct conf *o = c->conf;
	bool wanted = o->request_tty == CONF_REQUEST_TTY_YES ||
		      o->request_tty == CONF_REQUEST_TTY_FORCE;

	if (o->session_type == CONF_SESSION_NONE ||
	    o->request_tty == CONF_REQUEST_TTY_NO)
		return false;
	if (c->command == NULL)
		wanted = true;
	if (o->request_tty == CONF_REQUEST_TTY_FORCE)
		return true;
	if (isatty(STDIN_FILENO) && !o->stdin_null)
		return wanted;
	if (wanted)
		log_info("Pseudo-terminal will not be allocated because stdin "
			 "is not a terminal.");
	return false;
}

struct interactive *
interactive_new(struct client *c)
{
	const struct terminal_fds fds = { STDIN_FILENO, STDOUT_FILENO,
					  STDERR_FILENO };
	struct interactive *i = xcalloc(1, sizeof(*i));

	i->client = c;
	i->terminal = terminal_new(&fds);
	i->is_on_screen = isatty(STDOUT_FILENO);
	escape_init(&i->escape, c->conf->escape_char);
	ledger_init(&i->ledger, strcmp(nl_langinfo(CODESET), "UTF-8") != 0);
	return i;
}

void
interactive_free(struct interactive *i)
{
	if (i == NULL)
		return;
	interactive_end(i, false);
	for (size_t n = 0; n < INTERACTIVE_SIGNALS; n++)
		loop_signal_free(i->signals[n]);
	commands_clear(i);
	link_free(i->link);
	recording_free(i->recording);
	terminal_free(i->terminal);
	free(i);
}

/* The TERM to ask for: SetEnv may name another one, as in ssh. */
static const char *
term_name(const struct client *c)
{
	const struct strv *set = &c->conf->set_env;
	const char *term = getenv("TERM");

	if (c->term_fallback != NULL)
		return c->term_fallback;
	for (size_t n = 0; n < set->len; n++)
		if (strncmp(set->items[n], "TERM=", 5) == 0)
			return set->items[n] + 5;
	return term != NULL ? term : "";
}

static void
get_size(const struct interactive *i, struct channel_size *ret_size)
{
	struct terminal_size size;

	terminal_get_size(i->terminal, &size);
	*ret_size = (struct channel_size){ size.cols, size.rows, size.xpixel,
					   size.ypixel };
}

void
interactive_request_pty(struct interactive *i)
{
	struct channel_pty pty = { .term = term_name(i->client) };
	struct buf modes = BUF_INIT;
	struct termios settings;
	bool has_settings = tcgetattr(STDIN_FILENO, &settings) == 0;
	size_t used = strlen(pty.term);

	if (used < CHANNEL_PTY_MAX)
		pty_modes_encode(has_settings ? &settings : NULL,
				 CHANNEL_PTY_MAX - used, &modes);
	pty.modes = modes.data;
	pty.modes_len = modes.len;
	get_size(i, &pty.size);
	channel_request_pty(i->client->channel, &pty);
	buf_clear(&modes);
}

static void
on_size_change(struct interactive *i)
{
	struct channel_size size;

	get_size(i, &size);
	ledger_set_rows(&i->ledger, size.rows);
	recording_resize(i->recording, size.cols, size.rows);
	commands_resize(i);
	channel_set_size(i->client->channel, &size);
}

static void
on_signal(void *arg, int signo)
{
	struct interactive *i = arg;
	struct err e = { .kind = ERR_NONE };

	if (signo == SIGTSTP && terminal_suspend(i->terminal, &e) != 0)
		log_debug("%s", e.text);
	if (signo == SIGCONT && terminal_is_raw(i->terminal) &&
	    terminal_enter(i->terminal, &e) != 0)
		log_debug("%s", e.text);
	on_size_change(i);
	client_wake(i->client);
}

int
interactive_start(struct interactive *i, struct err *e)
{
	static const int signals[INTERACTIVE_SIGNALS] = { SIGWINCH, SIGCONT,
							  SIGTSTP };
	struct client *c = i->client;

	if (!channel_has_pty(c->channel)) {
		/* The user was told. Without an explicit wish for a terminal
		 * the session goes on, as in ssh. */
		if (c->conf->request_tty == CONF_REQUEST_TTY_YES ||
		    c->conf->request_tty == CONF_REQUEST_TTY_FORCE)
			return err_set(e, ERR_QUIET, "no terminal");
		return 0;
	}
	if (terminal_enter(i->terminal, e) != 0)
		return -1;
	for (size_t n = 0; n < INTERACTIVE_SIGNALS; n++)
		i->signals[n] =
		    loop_signal_new(c->loop, signals[n], on_signal, i);
	i->link = link_new(i);
	i->recording = recording_new(i, e);
	if (c->conf->record_session != NULL && i->recording == NULL)
		return -1;
	/* it may have changed since the pty was asked for */
	on_size_change(i);
	return 0;
}

void
interactive_say(struct interactive *i, const char *text, size_t len)
{
	(void)i;
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
interactive_end(struct interactive *i, bool is_abnormal)
{
	struct buf undo = BUF_INIT;

	if (is_abnormal && i->is_on_screen && !i->has_ended) {
		ledger_undo(&i->ledger, &undo);
		if (undo.len > 0 &&
		    write(STDOUT_FILENO, undo.data, undo.len) < 0)
			log_debug("undoing terminal modes: %s",
				  strerror(errno));
		buf_clear(&undo);
	}
	i->has_ended = true;
	terminal_leave(i->terminal);
	recording_free(i->recording);
	i->recording = NULL;
}

bool
interactive_is_over(const struct interactive *i)
{
	return i != NULL && i->is_over;
}

void
interactive_typed(void *arg, const void *data, size_t len, struct buf *out)
{
	struct interactive *i = arg;
	const unsigned char *at = data;

	while (len > 0 && !i->is_over) {
		size_t used = len;
		size_t before = out->len;
		enum escape_action action = ESCAPE_NONE;

		if (commands_is_editing(i))
			used = commands_edit(i, at, len);
		else
			action = escape_feed(&i->escape, at, len, out, &used);
		recording_input(i->recording, out->data + before,
				out->len - before);
		if (out->len > before) {
			link_typed(i->link);
			pacing_typed(i->client->pacing);
		}
		if (action != ESCAPE_NONE)
			commands_run(i, action);
		at += used;
		len -= used;
	}
}

void
interactive_shown(void *arg, const void *data, size_t len)
{
	struct interactive *i = arg;
	struct buf undo = BUF_INIT;

	ledger_feed(&i->ledger, data, len);
	ledger_undo(&i->ledger, &undo);
	terminal_set_undo(i->terminal, undo.data, undo.len);
	buf_clear(&undo);
	recording_output(i->recording, data, len);
}
