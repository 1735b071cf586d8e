#include "tunnel/verdict.h"

#include <stddef.h>

#include "base/err.h"
#include "tunnel/failure.h"

/* A server does not say why it refuses to listen: the port may still be held by
 * what was lost, or at boot by the time before. What has worked may well work
 * again, whatever broke it; and who once spoke SSH will do so again, when the
 * portal or the balancer in between is done with what it has to say. */
static bool
is_transient(const struct verdict_case *c)
{
	enum err_kind kind = c->err->kind;

	return err_is_transient(kind) || kind == ERR_FORWARD ||
	       (kind == ERR_PROTOCOL && c->was_up) ||
	       (kind == ERR_DISMISSED && c->worked);
}

/* Was there a first connection to come back to, or is none needed? */
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

enum verdict
verdict_of(const struct verdict_case *c)
{
	if (!may_retry(c) || verdict_reason(c) != NULL)
		return VERDICT_END;
	return failure_is_penalty(c->err) ? VERDICT_LATER : VERDICT_RETRY;
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
