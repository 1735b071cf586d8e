#include "client/command_line.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "client/forwarding.h"
#include "client/interactive.h"
#include "client/internal.h"
#include "client/local.h"
#include "client/terminal_state.h"
#include "conf/conf.h"
#include "term/terminal.h"

static void
say(struct interactive *i, const char *text)
{
	interactive_say(i, text, strlen(text));
}

static void
run_help(struct interactive *i)
{
	say(i, "Commands:\r\n"
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
	if (i->client->conf->permit_local_command)
		say(i, "      !args                                  "
		       "Execute local command\r\n");
}

/* "!command" in the user's shell, with the terminal as it should be. */
static void
run_local(struct interactive *i, const char *command)
{
	struct err e = { .kind = ERR_NONE };

	if (!i->client->conf->permit_local_command) {
		say(i, "Local commands are not permitted "
		       "(PermitLocalCommand).\r\n");
		return;
	}
	terminal_leave(i->terminal);
	local_run_shell(command);
	if (terminal_enter(i->terminal, &e) != 0)
		log_error("%s", e.text);
}

static void
run_forwarding(struct interactive *i, const char *line)
{
	struct buf out = BUF_INIT;

	forwarding_command(i->client, line, &out);
	interactive_say(i, (const char *)out.data, out.len);
	buf_clear(&out);
}

void
command_line_run(struct interactive *i, const char *line)
{
	while (isspace((unsigned char)*line))
		line++;
	if (*line == '\0')
		return;
	if (*line == '-')
		line++; /* ssh lets it be left out */
	if (*line == '!')
		run_local(i, line + 1);
	else if (*line == 'h' || *line == 'H' || *line == '?')
		run_help(i);
	else if (strchr("LRDK", toupper((unsigned char)*line)) != NULL)
		run_forwarding(i, line);
	else
		say(i, "Invalid command.\r\n");
}
