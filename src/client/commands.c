#include "client/commands.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "client/command_line.h"
#include "client/interactive.h"
#include "client/internal.h"
#include "client/local.h"
#include "client/terminal_state.h"
#include "conf/conf.h"
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

static void
say(struct interactive *i, const char *text)
{
	interactive_say(i, text, strlen(text));
}

static void
say_buf(struct interactive *i, struct buf *b)
{
	interactive_say(i, (const char *)b->data, b->len);
	buf_clear(b);
}

/* Show the keys as ssh does before it acts on them. */
static void
say_keys(struct interactive *i, enum escape_action action, const char *rest)
{
	struct buf text = BUF_INIT;

	escape_print(&i->escape, action, &text);
	buf_add_str(&text, rest);
	say_buf(i, &text);
}

static const char impossible_text[] = " [not possible with this Engine]\r\n";

static void
run_break(struct interactive *i)
{
	if (!session_can(i->client->session, SESSION_BREAK)) {
		say_keys(i, ESCAPE_BREAK, impossible_text);
		return;
	}
	say_keys(i, ESCAPE_BREAK, "\r\n");
	channel_send_break(i->client->channel, BREAK_MS);
}

/* As in ssh, without a word. */
static void
run_rekey(struct interactive *i)
{
	if (session_can(i->client->session, SESSION_REKEY))
		session_rekey(i->client->session);
	else
		say_keys(i, ESCAPE_REKEY, impossible_text);
}

static void
run_suspend(struct interactive *i)
{
	struct err e = { .kind = ERR_NONE };

	say_keys(i, ESCAPE_SUSPEND, " [suspend ssh]\r\n");
	if (terminal_suspend(i->terminal, &e) != 0)
		log_error("%s", e.text);
}

static void
run_background(struct interactive *i)
{
	struct err e = { .kind = ERR_NONE };

	say_keys(i, ESCAPE_BACKGROUND, " [backgrounded]\r\n");
	terminal_leave(i->terminal);
	if (local_go_to_background(i->client, &e) != 0) {
		log_error("%s", e.text);
		return;
	}
	forwards_stop_listening(i->client->forwards);
	/* A shell on a terminal knows no other end of its input than ^D; its
	 * output goes on. */
	stdio_inject(i->client->stdio, "\004", 1);
	stdio_stop_input(i->client->stdio);
}

/* "~#": the channels of the connection. */
static void
run_list(struct interactive *i)
{
	struct client *c = i->client;
	struct buf text = BUF_INIT;

	escape_print(&i->escape, ESCAPE_LIST, &text);
	buf_addf(&text,
		 "\r\nThe following connections are open:\r\n"
		 "  #0 client-session (%llu bytes in, %llu bytes out)\r\n",
		 (unsigned long long)channel_bytes_in(c->channel),
		 (unsigned long long)channel_bytes_out(c->channel));
	forwards_list(c->forwards, &text);
	say_buf(i, &text);
}

static void
add_visible(struct buf *text, const char *name, const char *value)
{
	char *shown = str_visible_line(value, strlen(value));

	buf_addf(text, "  %s %s\r\n", name, shown);
	free(shown);
}

/* "~I": the peer, the algorithms, the login, the traffic. */
static void
run_info(struct interactive *i)
{
	const struct client *c = i->client;
	const struct session *s = c->session;
	const struct stream *stream = session_stream(s);
	struct buf text = BUF_INIT;
	int rtt_us = stream_rtt_us(stream);

	escape_print(&i->escape, ESCAPE_INFO, &text);
	buf_addf(&text,
		 "\r\nConnection information:\r\n"
		 "  peer %s@%s [%s]:%d\r\n",
		 c->conf->user, c->host, stream_peer_address(stream),
		 stream_peer_port(stream));
	add_visible(&text, "server", session_server_identification(s));
	add_visible(&text, "kexalgorithm", session_method_name(s, SESSION_KEX));
	add_visible(&text, "hostkeyalgorithm",
		    session_method_name(s, SESSION_HOST_KEY));
	add_visible(&text, "cipher", session_method_name(s, SESSION_CIPHER));
	add_visible(&text, "mac", session_method_name(s, SESSION_MAC));
	add_visible(&text, "compression",
		    session_method_name(s, SESSION_COMPRESSION));
	add_visible(&text, "authenticated with", c->login_text);
	buf_addf(&text, "  traffic %llu bytes out, %llu bytes in\r\n",
		 (unsigned long long)stream_bytes_out(stream),
		 (unsigned long long)stream_bytes_in(stream));
	if (rtt_us > 0)
		buf_addf(&text, "  round trip %d.%03d ms\r\n", rtt_us / 1000,
			 rtt_us % 1000);
	buf_addf(&text, "  channels %zu\r\n", 1 + forwards_open(c->forwards));
	say_buf(i, &text);
}

static void
run_help(struct interactive *i)
{
	struct buf text = BUF_INIT;
	unsigned hidden = 0, impossible = 0;

	if (!i->client->conf->enable_escape_commandline)
		hidden = ESCAPE_BIT(ESCAPE_COMMANDLINE);
	if (!session_can(i->client->session, SESSION_BREAK))
		impossible |= ESCAPE_BIT(ESCAPE_BREAK);
	if (!session_can(i->client->session, SESSION_REKEY))
		impossible |= ESCAPE_BIT(ESCAPE_REKEY);
	escape_help(&i->escape, hidden, impossible, &text);
	say_buf(i, &text);
}

static void
run_log_level(struct interactive *i, enum escape_action action)
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
	escape_print(&i->escape, action, &text);
	buf_addf(&text, " [LogLevel %s]\r\n", names[level]);
	say_buf(i, &text);
}

static void
run_command_line(struct interactive *i)
{
	static const char *const words[] = { "-L",  "-R",  "-D",   "-KL",
					     "-KR", "-KD", "help", NULL };
	struct line_editor_params p = {
		.out_fd = STDERR_FILENO,
		.prompt = "ssh> ",
		.words = words,
	};
	struct err e = { .kind = ERR_NONE };

	if (!i->client->conf->enable_escape_commandline) {
		say(i, "commandline disabled\r\n");
		return;
	}
	if (i->history == NULL)
		i->history = line_history_new();
	p.history = i->history;
	say(i, "\r\n");
	i->editor = line_editor_new(&p, &e);
	if (i->editor == NULL)
		log_error("%s", e.text);
	else
		stdio_pause_output(i->client->stdio, true);
}

void
commands_run(struct interactive *i, enum escape_action action)
{
	switch (action) {
	case ESCAPE_NONE:
		break;
	case ESCAPE_DISCONNECT:
		i->is_over = true;
		break;
	case ESCAPE_BREAK:
		run_break(i);
		break;
	case ESCAPE_REKEY:
		run_rekey(i);
		break;
	case ESCAPE_COMMANDLINE:
		run_command_line(i);
		break;
	case ESCAPE_INFO:
		run_info(i);
		break;
	case ESCAPE_LOUDER:
	case ESCAPE_QUIETER:
		run_log_level(i, action);
		break;
	case ESCAPE_SUSPEND:
		run_suspend(i);
		break;
	case ESCAPE_LIST:
		run_list(i);
		break;
	case ESCAPE_BACKGROUND:
		run_background(i);
		break;
	case ESCAPE_HELP:
		run_help(i);
		break;
	}
}

bool
commands_is_editing(const struct interactive *i)
{
	return i->editor != NULL;
}

size_t
commands_edit(struct interactive *i, const void *data, size_t len)
{
	char *line = NULL;
	size_t used = len;

	switch (line_editor_feed(i->editor, data, len, &used, &line)) {
	case LINE_AGAIN:
		return used;
	case LINE_DONE:
		command_line_run(i, line);
		break;
	case LINE_CANCELLED:
		break;
	}
	free(line);
	line_editor_free(i->editor);
	i->editor = NULL;
	stdio_pause_output(i->client->stdio, false);
	client_wake(i->client);
	return used;
}

void
commands_resize(struct interactive *i)
{
	if (i->editor != NULL)
		line_editor_resize(i->editor);
}

void
commands_clear(struct interactive *i)
{
	line_editor_free(i->editor);
	i->editor = NULL;
	line_history_free(i->history);
	i->history = NULL;
}
