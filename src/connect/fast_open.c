#include "connect/fast_open.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/match.h"
#include "conf/conf.h"
#include "connect/exceptions.h"
#include "connect/internal.h"
#include "ssh/login.h"
#include "ssh/session.h"

/* Servers with which steps before their time were tried
 * (tests/fast_open.bats): none of them minds a login request. Asking for a
 * channel together with the signature is allowed by RFC 4252 section 6, but
 * AsyncSSH checks the second before it believes the first, and TinySSH forgets
 * that it has read the second until more comes. */
static const struct {
	const char *pattern;
	bool says_first;  /* that we are in, before it looks at what came
			     behind the login: if it did not, nothing of that
			     was begun */
	bool minds_waste; /* goes, if they turn out to be of no use: an open
			     because the signature was not enough, an offer
			     because nothing is asked of us */
} tried[] = {
	{ "SSH-2.0-OpenSSH_*", true, false },
	{ "SSH-2.0-dropbear*", false, true },
	{ "SSH-2.0-Go", true, true },
};

#define N_TRIED (sizeof(tried) / sizeof(tried[0]))

/* RFC 4253 section 11.1: the one reason that may mean our haste; and where it
 * does not, in the words of OpenSSH and others who give no other reason. */
#define REASON_PROTOCOL 2
static const char other_reasons[] =
    "*too many*,*denied*,*refused*,*expired*,*prohibited*,*timeout*,"
    "*timed out*";

/* Which of those is it? N_TRIED: none. */
static size_t
find_server(const struct connection *c)
{
	const char *id = session_server_identification(c->session);
	size_t i = 0;

	while (i < N_TRIED && !match_pattern(id, tried[i].pattern))
		i++;
	return i;
}

/*
 * May a command be running there? Not if the server did not say that we are in,
 * and said so first if it did: what it has sent has come before the end.
 */
static bool
may_have_started(const struct connection *c)
{
	enum session_end end = session_ended(c->session);
	size_t i = find_server(c);

	return session_may_have_started(c->session) &&
	       (login_is_done(c->session) || i == N_TRIED ||
		!tried[i].says_first ||
		(end != SESSION_CLOSED && end != SESSION_DISCONNECTED));
}

static char *
take(char **text)
{
	char *taken = *text;

	*text = NULL;
	return taken;
}

void
fast_open_note_login(struct connection *c)
{
	struct memory now = {
		.kex = session_preference(c->session, SESSION_KEX),
		.host_key = session_preference(c->session, SESSION_HOST_KEY),
		.key = auth_fingerprint(c->auth),
	};

	/* a login by other means leaves the key's memory alone */
	if (now.key == NULL)
		now.key = take(&c->target->memory.key);
	if (!memory_equal(&now, &c->target->memory))
		memory_save(c->target->memory_path, c->target->memory_name,
			    &now);
	memory_clear(&c->target->memory);
	c->target->memory = now;
}

void
fast_open_note_offence(struct connection *c)
{
	enum session_end end = session_ended(c->session);

	if (c->target->is_careful || !may_have_started(c) ||
	    (end != SESSION_CLOSED && end != SESSION_BROKEN))
		return;
	exceptions_add(c->target->exceptions_path, c->target->title,
		       "ended the connection at the login",
		       c->conf->hash_known_hosts);
}

/* With one try, only what a server that we have met has put up with. */
bool
fast_open_may_offer(const struct connection *c)
{
	const struct target *t = c->target;

	return !t->is_careful && (!t->has_one_try || t->memory.kex != NULL);
}

bool
fast_open_may_guess(const struct connection *c)
{
	return !c->target->has_one_try;
}

bool
fast_open_may_log_in(const struct connection *c)
{
	const struct target *t = c->target;

	return !t->is_careful && (!t->has_one_try || find_server(c) < N_TRIED);
}

bool
fast_open_may_open(const struct connection *c)
{
	const struct target *t = c->target;

	/* a server may not be what it says */
	return !t->is_careful && !t->has_one_try && find_server(c) < N_TRIED;
}

bool
fast_open_may_sign_first(const struct connection *c)
{
	size_t i = find_server(c);

	return !c->target->is_careful && !c->target->has_one_try &&
	       i < N_TRIED && !tried[i].minds_waste;
}

/* The connection ended without a word: may that be why? */
static bool
is_offended(const struct connection *c)
{
	bool was_waste =
	    session_wasted_open(c->session) || login_is_done(c->session);
	size_t i = find_server(c);

	return i == N_TRIED || (tried[i].minds_waste && was_waste);
}

static bool
blames_haste(const struct connection *c)
{
	const char *text = session_disconnect_text(c->session);

	return session_disconnect_code(c->session) == REASON_PROTOCOL &&
	       match_list(text, other_reasons, true) == MATCH_NO;
}

bool
fast_open_has_failed(const struct connection *c)
{
	if (c->target->is_careful || c->target->has_one_try || c->has_banner ||
	    c->session == NULL || !session_is_ahead(c->session) ||
	    may_have_started(c))
		return false;
	/* once we are in, nothing but an offer that was never looked at */
	if (login_is_done(c->session) && !session_is_login_ahead(c->session))
		return false;
	switch (session_ended(c->session)) {
	case SESSION_ALIVE:
		return c->is_late && find_server(c) == N_TRIED &&
		       session_is_login_ahead(c->session);
	case SESSION_CLOSED:
	case SESSION_BROKEN:
		return is_offended(c);
	case SESSION_DISCONNECTED:
		return blames_haste(c);
	case SESSION_CORRUPT:
	case SESSION_KEY_CHANGED:
		break;
	}
	return false;
}

bool
fast_open_should_retry(struct connection *c)
{
	enum session_end end;

	if (c->target->has_misguessed && !c->target->is_careful) {
		log_debug("What was remembered of the server was wrong: once "
			  "more, without FastOpen.");
		c->target->is_careful = true;
		return true;
	}
	if (!fast_open_has_failed(c))
		return false;
	end = session_ended(c->session);
	c->target->offence =
	    end == SESSION_ALIVE ? "did not answer" : "ended the connection";
	log_debug("The server %s after something was sent before its time: "
		  "once more, without FastOpen.",
		  c->target->offence);
	c->target->is_careful = true;
	return true;
}

void
fast_open_remember(struct connection *c)
{
	if (c->session != NULL && session_wasted_open(c->session))
		c->target->offence = "wants more than a key";
	if (c->target->offence != NULL)
		exceptions_add(c->target->exceptions_path, c->target->title,
			       c->target->offence, c->conf->hash_known_hosts);
	c->target->offence = NULL;
	/* from here on, an end has other reasons */
	c->target->is_careful = true;
}

/* Did the server say that it likes something else best? Then so was our guess,
 * if there was one; and not every server knows what to do with that. */
static bool
is_stale(const struct connection *c)
{
	struct memory now = {
		.kex = session_preference(c->session, SESSION_KEX),
		.host_key = session_preference(c->session, SESSION_HOST_KEY),
		.key = c->target->memory.key,
	};
	bool is_stale =
	    now.kex != NULL && !memory_equal(&now, &c->target->memory);

	free(now.kex);
	free(now.host_key);
	return is_stale;
}

void
fast_open_note_exchange(struct connection *c)
{
	struct memory now = { .key = c->target->memory.key };

	if (c->target->memory.kex == NULL)
		return;
	c->target->has_misguessed =
	    fast_open_may_guess(c) &&
	    session_ended(c->session) != SESSION_ALIVE && is_stale(c);
	memory_save(c->target->memory_path, c->target->memory_name, &now);
	free(take(&c->target->memory.kex));
	free(take(&c->target->memory.host_key));
}
