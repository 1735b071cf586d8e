#include "tunnel/verdict.h"

#include <stddef.h>
#include <string.h>

#include "base/err.h"

/* Was there a first connection to come back to, or is none needed? A server
 * does not say why it refuses to listen: who starts at boot may find the port
 * still held by the time before. */
static bool
is_transient(const struct verdict_case *c)
{
	return err_is_transient(c->err->kind) ||
	       (c->err->kind == ERR_FORWARD && !c->was_up);
}

static bool
may_retry(const struct verdict_case *c)
{
	return c->patience_ms != 0 && (c->was_up || c->retries_first) &&
	       is_transient(c);
}

static bool
is_too_late(const struct verdict_case *c)
{
	return c->patience_ms > 0 && c->lost_ms >= c->patience_ms;
}

/* OpenSSH's words for who has offended it (PerSourcePenalties). */
static bool
is_penalty(const struct verdict_case *c)
{
	return strstr(c->err->text, "Not allowed at this time") != NULL;
}

enum verdict
verdict_of(const struct verdict_case *c)
{
	if (!may_retry(c) || verdict_reason(c) != NULL)
		return VERDICT_END;
	return is_penalty(c) ? VERDICT_LATER : VERDICT_RETRY;
}

const char *
verdict_reason(const struct verdict_case *c)
{
	if (!may_retry(c))
		return NULL;
	if (!c->may_begin_again)
		return "Not connecting again: a command is not started twice.";
	if (c->was_up && c->needs_answers)
		return "Not connecting again: the login needs an answer that "
		       "was not kept (ReconnectKeepSecrets).";
	if (is_too_late(c))
		return "Giving up: there was no connection for as long as "
		       "Reconnect allows.";
	return NULL;
}
