#include "client/opening.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/match.h"
#include "client/exceptions.h"
#include "client/internal.h"
#include "conf/conf.h"
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
find_server(const struct client *c)
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
may_have_started(const struct client *c)
{
	enum session_end end = session_ended(c->session);
	size_t i = find_server(c);

	return session_may_have_started(c->session) &&
	       (login_is_done(c->session) || i == N_TRIED ||
		!tried[i].says_first ||
		(end != SESSION_CLOSED && end != SESSION_DISCONNECTED));
}

void
opening_decide(struct client *c)
{
	c->is_careful = !c->conf->fast_open ||
			exceptions_have(c->exceptions_path, c->host_title);
	log_debug("FastOpen: %s", c->is_careful ? "no" : "yes");
	if (!c->is_careful)
		memory_load(c->memory_path, c->memory_name, &c->memory);
}

/* Not what needs an answer, or a look at this side, before a command may run.
 */
bool
opening_may_start_early(const struct client *c)
{
	const struct conf *o = c->conf;
	/* a command may use what the server listens for */
	bool may_fail =
	    o->remote_forward.len > 0 ||
	    (o->exit_on_forward_failure &&
	     (o->local_forward.len > 0 || o->dynamic_forward.len > 0));
	bool asks_terminal =
	    c->interactive != NULL && o->term_fallback != CONF_FALLBACK_NO;

	bool is_second = o->permit_local_command && o->local_command != NULL;

	return session_can(c->session, SESSION_EARLY_START) && !may_fail &&
	       !is_second && !asks_terminal && !o->forward_x11 &&
	       o->stdio_forward == NULL && o->session_type != CONF_SESSION_NONE;
}

static char *
take(char **text)
{
	char *taken = *text;

	*text = NULL;
	return taken;
}

void
opening_note_login(struct client *c)
{
	struct memory now = {
		.kex = session_preference(c->session, SESSION_KEX),
		.host_key = session_preference(c->session, SESSION_HOST_KEY),
		.key = auth_fingerprint(c->auth),
	};

	/* a login by other means leaves the key's memory alone */
	if (now.key == NULL)
		now.key = take(&c->memory.key);
	if (!memory_equal(&now, &c->memory))
		memory_save(c->memory_path, c->memory_name, &now);
	memory_clear(&c->memory);
	c->memory = now;
}

void
opening_note_offence(struct client *c)
{
	enum session_end end = session_ended(c->session);

	if (c->is_careful || !may_have_started(c) ||
	    (end != SESSION_CLOSED && end != SESSION_BROKEN))
		return;
	exceptions_add(c->exceptions_path, c->host_title,
		       "ended the connection at the login",
		       c->conf->hash_known_hosts);
}

bool
opening_may_log_in_early(const struct client *c)
{
	return !c->is_careful;
}

bool
opening_may_open_early(const struct client *c)
{
	return !c->is_careful && find_server(c) < N_TRIED;
}

bool
opening_may_sign_first(const struct client *c)
{
	size_t i = find_server(c);

	return !c->is_careful && i < N_TRIED && !tried[i].minds_waste;
}

/* The connection ended without a word: may that be why? */
static bool
is_offended(const struct client *c)
{
	bool was_waste =
	    session_wasted_open(c->session) || login_is_done(c->session);
	size_t i = find_server(c);

	return i == N_TRIED || (tried[i].minds_waste && was_waste);
}

static bool
blames_haste(const struct client *c)
{
	const char *text = session_disconnect_text(c->session);

	return session_disconnect_code(c->session) == REASON_PROTOCOL &&
	       match_list(text, other_reasons, true) == MATCH_NO;
}

bool
opening_has_failed(const struct client *c)
{
	if (c->is_careful || c->has_banner || c->session == NULL ||
	    !session_is_ahead(c->session) || may_have_started(c))
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
opening_should_retry(struct client *c)
{
	enum session_end end;

	if (c->has_misguessed && !c->is_careful) {
		log_debug("What was remembered of the server was wrong: once "
			  "more, without FastOpen.");
		c->is_careful = true;
		return true;
	}
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
		exceptions_add(c->exceptions_path, c->host_title, c->offence,
			       c->conf->hash_known_hosts);
	c->offence = NULL;
	/* from here on, an end has other reasons */
	c->is_careful = true;
}

/* Did the server say that it likes something else best? Then so was our guess,
 * if there was one; and not every server knows what to do with that. */
static bool
is_stale(const struct client *c)
{
	struct memory now = {
		.kex = session_preference(c->session, SESSION_KEX),
		.host_key = session_preference(c->session, SESSION_HOST_KEY),
		.key = c->memory.key,
	};
	bool is_stale = now.kex != NULL && !memory_equal(&now, &c->memory);

	free(now.kex);
	free(now.host_key);
	return is_stale;
}

void
opening_note_exchange(struct client *c)
{
	struct memory now = { .key = c->memory.key };

	if (c->memory.kex == NULL)
		return;
	c->has_misguessed =
	    session_ended(c->session) != SESSION_ALIVE && is_stale(c);
	memory_save(c->memory_path, c->memory_name, &now);
	free(take(&c->memory.kex));
	free(take(&c->memory.host_key));
}
