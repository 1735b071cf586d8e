#include "console/command_line.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/forward_spec.h"
#include "base/log.h"
#include "conf/conf.h"
#include "console/internal.h"
#include "console/local.h"
#include "forward/forwards.h"
#include "term/terminal.h"

static void
run_help(struct console *c)
{
	console_say("Commands:\r\n"
		    "      -L[bind_address:]port:host:hostport    "
		    "Request local forward\r\n"
		    "      -R[bind_address:]port:host:hostport    "
		    "Request remote forward\r\n"
		    "      -D[bind_address:]port                  "
		    "Request dynamic forward\r\n"
		    "      -KL[bind_address:]port                 "
		    "Cancel local forward\r\n"
		    "      -KR[bind_address:]port                 "
		    "Cancel remote forward\r\n"
		    "      -KD[bind_address:]port                 "
		    "Cancel dynamic forward\r\n");
	if (c->conf->permit_local_command)
		console_say("      !args                                  "
			    "Execute local command\r\n");
}

/* "!command" in the user's shell, with the terminal as it should be. */
static void
run_local(struct console *c, const char *command)
{
	struct err e = { .kind = ERR_NONE };

	if (!c->conf->permit_local_command) {
		console_say("Local commands are not permitted "
			    "(PermitLocalCommand).\r\n");
		return;
	}
	terminal_leave(c->terminal);
	local_run_shell(command);
	if (terminal_enter(c->terminal, &e) != 0)
		log_error("%s", e.text);
}

/* The kind that a letter means. */
static int
find_kind(char letter, enum forward_kind *ret_kind)
{
	switch (toupper((unsigned char)letter)) {
	case 'L':
		*ret_kind = FORWARD_LOCAL;
		return 0;
	case 'R':
		*ret_kind = FORWARD_REMOTE;
		return 0;
	case 'D':
		*ret_kind = FORWARD_DYNAMIC;
		return 0;
	default:
		return -1;
	}
}

static void
cancel(struct console *c, enum forward_kind kind, const char *text,
       struct buf *out)
{
	struct forward_spec spec;

	if (forward_spec_parse(text, FORWARD_DYNAMIC, &spec) != 0) {
		buf_add_str(out, "Bad forwarding close specification.\r\n");
		return;
	}
	buf_add_str(out, forwards_cancel(c->view.forwards, kind, &spec)
			     ? "Canceled forwarding.\r\n"
			     : "Unknown port forwarding.\r\n");
	forward_spec_clear(&spec);
}

static void
add(struct console *c, enum forward_kind kind, const char *text,
    struct buf *out)
{
	struct forward_spec spec;
	struct err e = { .kind = ERR_NONE };
	bool is_remote = kind == FORWARD_REMOTE;
	int rc = forward_spec_parse(text, kind, &spec);

	if (rc != 0 && is_remote) {
		kind = FORWARD_REMOTE_DYNAMIC;
		rc = forward_spec_parse(text, kind, &spec);
	}
	if (rc != 0) {
		buf_addf(out, "Bad %s forwarding specification.\r\n",
			 is_remote ? "remote" : "local");
		return;
	}
	if (forwards_add(c->view.forwards, kind, &spec, &e) != 0)
		buf_addf(out, "%s\r\nPort forwarding failed.\r\n", e.text);
	else
		buf_add_str(out, "Forwarding port.\r\n");
}

static void
run_forwarding(struct console *c, const char *text)
{
	bool is_cancel = toupper((unsigned char)*text) == 'K';
	enum forward_kind kind = FORWARD_LOCAL;
	struct buf out = BUF_INIT;

	if (is_cancel)
		text++;
	if (find_kind(*text, &kind) != 0) {
		console_say("Invalid command.\r\n");
		return;
	}
	text++;
	while (isspace((unsigned char)*text))
		text++;
	if (is_cancel)
		cancel(c, kind, text, &out);
	else if (!c->view.may_forward)
		buf_add_str(&out, "Port forwarding is disabled to avoid "
				  "man-in-the-middle attacks.\r\n");
	else
		add(c, kind, text, &out);
	console_say_buf(&out);
}

void
command_line_run(struct console *c, const char *line)
{
	while (isspace((unsigned char)*line))
		line++;
	if (*line == '\0')
		return;
	if (*line == '-')
		line++; /* ssh lets it be left out */
	if (*line == '!')
		run_local(c, line + 1);
	else if (*line == 'h' || *line == 'H' || *line == '?')
		run_help(c);
	else if (strchr("LRDK", toupper((unsigned char)*line)) != NULL)
		run_forwarding(c, line);
	else
		console_say("Invalid command.\r\n");
}
