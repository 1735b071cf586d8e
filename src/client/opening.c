#include "client/opening.h"

#include "base/log.h"
#include "base/match.h"
#include "client/exceptions.h"
#include "client/internal.h"
#include "conf/conf.h"
#include "ssh/session.h"

/* Servers with which asking for a channel together with the signature was
 * tried (tests/fast_open.bats). RFC 4252 section 6 allows it, but AsyncSSH
 * checks the second before it believes the first, and TinySSH forgets that it
 * has read the second until more comes. */
static const char *const early_open[] = {
	"SSH-2.0-OpenSSH_*",
	"SSH-2.0-dropbear*",
	"SSH-2.0-Go",
};

void
opening_decide(struct client *c)
{
	c->is_careful = !c->conf->fast_open ||
			exceptions_have(c->exceptions_path, c->host_title);
	log_debug("FastOpen: %s", c->is_careful ? "no" : "yes");
}

bool
opening_may_log_in_early(const struct client *c)
{
	return !c->is_careful;
}

bool
opening_may_open_early(const struct client *c)
{
	const char *id = session_server_identification(c->session);
	size_t n = sizeof(early_open) / sizeof(early_open[0]);

	for (size_t i = 0; i < n && !c->is_careful; i++)
		if (match_pattern(id, early_open[i]))
			return true;
	return false;
}

bool
opening_has_failed(const struct client *c)
{
	enum session_end end;

	if (c->is_careful || c->session == NULL ||
	    !session_is_ahead(c->session))
		return false;
	end = session_ended(c->session);
	if (end == SESSION_ALIVE)
		return c->is_late && session_is_login_ahead(c->session);
	/* an answer that is not authentic, or no SSH, is no offence */
	return end != SESSION_KEY_CHANGED && end != SESSION_CORRUPT;
}

bool
opening_should_retry(struct client *c)
{
	enum session_end end;

	if (!opening_has_failed(c))
		return false;
	end = session_ended(c->session);
	c->offence =
	    end == SESSION_ALIVE ? "did not answer" : "ended the connection";
	log_debug("The server %s after something was sent before its time: "
		  "once more, without FastOpen.",
		  c->offence);
	c->is_careful = true;
	return true;
}

void
opening_remember(struct client *c)
{
	if (c->session != NULL && session_wasted_open(c->session))
		c->offence = "wants more than a key";
	if (c->offence != NULL)
		exceptions_add(c->exceptions_path, c->host_title, c->offence);
	c->offence = NULL;
}
