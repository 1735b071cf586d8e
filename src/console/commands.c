#include "console/commands.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "conf/conf.h"
#include "console/command_line.h"
#include "console/internal.h"
#include "forward/forwards.h"
#include "forward/stdio.h"
#include "net/loop.h"
#include "net/stream.h"
#include "ssh/channel.h"
#include "ssh/session.h"
#include "term/line_editor.h"
#include "term/terminal.h"

/* Of a BREAK, as ssh asks for it. */
#define BREAK_MS 1000

/* Show the keys as ssh does before it acts on them. */
static void
say_keys(struct console *c, enum escape_action action, const char *rest)
{
	struct buf text = BUF_INIT;

	escape_print(&c->escape, action, &text);
	buf_add_str(&text, rest);
	console_say_buf(&text);
}

static const char impossible_text[] = " [not possible with this Engine]\r\n";

static void
run_break(struct console *c)
{
	if (!session_can(c->view.session, SESSION_BREAK)) {
		say_keys(c, ESCAPE_BREAK, impossible_text);
		return;
	}
	say_keys(c, ESCAPE_BREAK, "\r\n");
	channel_send_break(c->view.channel, BREAK_MS);
}

/* As in ssh, without a word. */
static void
run_rekey(struct console *c)
{
	if (session_can(c->view.session, SESSION_REKEY))
		session_rekey(c->view.session);
	else
		say_keys(c, ESCAPE_REKEY, impossible_text);
}

static void
run_suspend(struct console *c)
{
	struct err e = { .kind = ERR_NONE };

	say_keys(c, ESCAPE_SUSPEND, " [suspend ssh]\r\n");
	if (terminal_suspend(c->terminal, &e) != 0)
		log_error("%s", e.text);
}

static void
run_background(struct console *c)
{
	struct err e = { .kind = ERR_NONE };

	say_keys(c, ESCAPE_BACKGROUND, " [backgrounded]\r\n");
	terminal_leave(c->terminal);
	if (c->params.go_to_background(c->params.arg, &e) != 0) {
		log_error("%s", e.text);
		return;
	}
	forwards_stop_listening(c->view.forwards);
	/* A shell on a terminal knows no other end of its input than ^D; its
	 * output goes on. */
	stdio_inject(c->view.stdio, "\004", 1);
	stdio_stop_input(c->view.stdio);
}

/* "~#": the channels of the connection. */
static void
run_list(struct console *c)
{
	struct buf text = BUF_INIT;

	escape_print(&c->escape, ESCAPE_LIST, &text);
	buf_addf(&text,
		 "\r\nThe following connections are open:\r\n"
		 "  #0 client-session (%llu bytes in, %llu bytes out)\r\n",
		 (unsigned long long)channel_bytes_in(c->view.channel),
		 (unsigned long long)channel_bytes_out(c->view.channel));
	forwards_list(c->view.forwards, &text);
	console_say_buf(&text);
}

static void
add_visible(struct buf *text, const char *name, const char *value)
{
	char *shown = str_visible_line(value, strlen(value));

	buf_addf(text, "  %s %s\r\n", name, shown);
	free(shown);
}

/* Some ciphers need none: as ssh calls that with -v. */
static const char *
mac_name(const struct session *s)
{
	const char *name = session_method_name(s, SESSION_MAC);

	return *name != '\0' ? name : "<implicit>";
}

/* "~I": the peer, the algorithms, the login, the traffic. */
static void
run_info(struct console *c)
{
	const struct session *s = c->view.session;
	const struct stream *stream = session_stream(s);
	struct buf text = BUF_INIT;
	int rtt_us = stream_rtt_us(stream);

	escape_print(&c->escape, ESCAPE_INFO, &text);
	buf_addf(&text,
		 "\r\nConnection information:\r\n"
		 "  peer %s@%s [%s]:%d\r\n",
		 c->conf->user, c->view.host, stream_peer_address(stream),
		 stream_peer_port(stream));
	add_visible(&text, "server", session_server_identification(s));
	add_visible(&text, "kexalgorithm", session_method_name(s, SESSION_KEX));
	add_visible(&text, "hostkeyalgorithm",
		    session_method_name(s, SESSION_HOST_KEY));
	add_visible(&text, "cipher", session_method_name(s, SESSION_CIPHER));
	add_visible(&text, "mac", mac_name(s));
	add_visible(&text, "compression",
		    session_method_name(s, SESSION_COMPRESSION));
	add_visible(&text, "authenticated with", c->view.login_text);
	buf_addf(&text, "  traffic %llu bytes out, %llu bytes in\r\n",
		 (unsigned long long)stream_bytes_out(stream),
		 (unsigned long long)stream_bytes_in(stream));
	if (rtt_us > 0)
		buf_addf(&text, "  round trip %d.%03d ms\r\n", rtt_us / 1000,
			 rtt_us % 1000);
	buf_addf(&text, "  channels %zu\r\n",
		 1 + forwards_open(c->view.forwards));
	console_say_buf(&text);
}

static void
run_help(struct console *c)
{
	struct buf text = BUF_INIT;
	unsigned hidden = 0, impossible = 0;

	if (!c->conf->enable_escape_commandline)
		hidden = ESCAPE_BIT(ESCAPE_COMMANDLINE);
	if (!session_can(c->view.session, SESSION_BREAK))
		impossible |= ESCAPE_BIT(ESCAPE_BREAK);
	if (!session_can(c->view.session, SESSION_REKEY))
		impossible |= ESCAPE_BIT(ESCAPE_REKEY);
	escape_help(&c->escape, hidden, impossible, &text);
	console_say_buf(&text);
}

static void
run_log_level(struct console *c, enum escape_action action)
{
	static const char *const names[] = {
		"QUIET",   "FATAL",  "ERROR",  "INFO",
		"VERBOSE", "DEBUG1", "DEBUG2", "DEBUG3",
	};
	int level = (int)log_get_level();
	struct buf text = BUF_INIT;

	if (action == ESCAPE_LOUDER && level < (int)LOG_LEVEL_DEBUG3)
		level++;
	if (action == ESCAPE_QUIETER && level > (int)LOG_LEVEL_QUIET)
		level--;
	log_set_level((enum log_level)level);
	escape_print(&c->escape, action, &text);
	buf_addf(&text, " [LogLevel %s]\r\n", names[level]);
	console_say_buf(&text);
}

static void
run_command_line(struct console *c)
{
	static const char *const words[] = { "-L",  "-R",  "-D",   "-KL",
					     "-KR", "-KD", "help", NULL };
	struct line_editor_params p = {
		.out_fd = STDERR_FILENO,
		.prompt = "ssh> ",
		.words = words,
	};
	struct err e = { .kind = ERR_NONE };

	if (!c->conf->enable_escape_commandline) {
		console_say("commandline disabled\r\n");
		return;
	}
	if (c->history == NULL)
		c->history = line_history_new();
	p.history = c->history;
	console_say("\r\n");
	c->editor = line_editor_new(&p, &e);
	if (c->editor == NULL)
		log_error("%s", e.text);
	else
		stdio_pause_output(c->view.stdio, true);
}

void
commands_run(struct console *c, enum escape_action action)
{
	switch (action) {
	case ESCAPE_NONE:
		break;
	case ESCAPE_DISCONNECT:
		c->is_over = true;
		break;
	case ESCAPE_BREAK:
		run_break(c);
		break;
	case ESCAPE_REKEY:
		run_rekey(c);
		break;
	case ESCAPE_COMMANDLINE:
		run_command_line(c);
		break;
	case ESCAPE_INFO:
		run_info(c);
		break;
	case ESCAPE_LOUDER:
	case ESCAPE_QUIETER:
		run_log_level(c, action);
		break;
	case ESCAPE_SUSPEND:
		run_suspend(c);
		break;
	case ESCAPE_LIST:
		run_list(c);
		break;
	case ESCAPE_BACKGROUND:
		run_background(c);
		break;
	case ESCAPE_HELP:
		run_help(c);
		break;
	}
}

bool
commands_is_editing(const struct console *c)
{
	return c->editor != NULL;
}

size_t
commands_edit(struct console *c, const void *data, size_t len)
{
	char *line = NULL;
	size_t used = len;

	switch (line_editor_feed(c->editor, data, len, &used, &line)) {
	case LINE_AGAIN:
		return used;
	case LINE_DONE:
		command_line_run(c, line);
		break;
	case LINE_CANCELLED:
		break;
	}
	free(line);
	line_editor_free(c->editor);
	c->editor = NULL;
	stdio_pause_output(c->view.stdio, false);
	console_wake(c);
	return used;
}

void
commands_resize(struct console *c)
{
	if (c->editor != NULL)
		line_editor_resize(c->editor);
}

void
commands_clear(struct console *c)
{
	line_editor_free(c->editor);
	c->editor = NULL;
	line_history_free(c->history);
	c->history = NULL;
}
