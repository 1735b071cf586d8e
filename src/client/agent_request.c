#include "client/agent_request.h"

#include <stdlib.h>
#include <string.h>

#include "auth/agent.h"
#include "auth/agent_wire.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "client/internal.h"
#include "client/question.h"
#include "conf/conf.h"
#include "forward/agent_forward.h"
#include "keys/key.h"
#include "ssh/incoming.h"

struct agent_request {
	struct client *client;
	char *path;
	struct agent_forward *forward;
	bool was_told; /* that the server refused, or that nobody can ask */

	/* While a signature is to be confirmed: */
	struct key *key;
	struct agent *agent; /* looks up its comment, before the question */
	struct question *question;
};

static void
forget(void *arg)
{
	struct agent_request *a = arg;

	question_free(a->question);
	agent_free(a->agent);
	key_free(a->key);
	a->question = NULL;
	a->agent = NULL;
	a->key = NULL;
}

/* What the agent calls the key, made visible; NULL if it does not know it. */
static char *
take_comment(const struct agent_request *a, struct agent_keys *keys)
{
	char *comment = NULL;

	for (size_t i = 0; i < keys->len && comment == NULL; i++) {
		const char *text = keys->items[i].comment;

		if (key_equal(keys->items[i].key, a->key) && *text != '\0')
			comment = str_visible_line(text, strlen(text));
	}
	agent_keys_clear(keys);
	return comment;
}

static enum step
start_question(struct agent_request *a, const char *comment)
{
	const struct client *c = a->client;
	char *fingerprint =
	    key_fingerprint(a->key, (enum key_hash)c->conf->fingerprint_hash);
	char *text = xasprintf(
	    "%s wants to use your %s key %s%s%s%s for a signature.\n"
	    "Allow it (yes/no)? ",
	    c->conf->host, key_type_name(a->key), fingerprint,
	    comment != NULL ? " (" : "", comment != NULL ? comment : "",
	    comment != NULL ? ")" : "");

	a->question = question_new(a->client, text);
	if (a->question == NULL)
		log_write(a->was_told ? LOG_LEVEL_DEBUG1 : LOG_LEVEL_INFO,
			  "ForwardAgentConfirm: nobody can be asked: a "
			  "signature with key %s was refused",
			  fingerprint);
	a->was_told = a->was_told || a->question == NULL;
	free(text);
	free(fingerprint);
	return a->question != NULL ? STEP_AGAIN : STEP_FAIL;
}

static enum step
look_up(struct agent_request *a)
{
	struct agent_keys keys = { NULL, 0 };
	struct err e = { .kind = ERR_NONE };
	enum step step;
	char *comment;

	if (question_must_wait(a->client))
		return STEP_AGAIN;
	step = agent_list(a->agent, &keys, &e);
	if (step == STEP_FAIL)
		log_info("agent forwarding: %s", e.text);
	if (step != STEP_DONE)
		return step;
	comment = take_comment(a, &keys);
	agent_free(a->agent);
	a->agent = NULL;
	step = start_question(a, comment);
	free(comment);
	return step;
}

static enum step
begin(struct agent_request *a, const void *blob, size_t len)
{
	struct err e = { .kind = ERR_NONE };

	a->key = key_from_blob(blob, len, &e);
	if (a->key != NULL)
		a->agent = agent_new(a->client->loop, a->path, client_wake,
				     a->client, &e);
	if (a->agent != NULL)
		return STEP_AGAIN;
	log_info("agent forwarding: %s", e.text);
	return STEP_FAIL;
}

/* For the guard: may this key sign? */
static enum step
ask(void *arg, const void *blob, size_t len)
{
	struct agent_request *a = arg;
	enum step step = STEP_AGAIN;

	if (a->key == NULL) {
		if (question_must_wait(a->client))
			return STEP_AGAIN;
		step = begin(a, blob, len);
	}
	if (step == STEP_AGAIN && a->agent != NULL)
		step = look_up(a);
	else if (step == STEP_AGAIN)
		step = question_step(a->question);
	if (step != STEP_AGAIN)
		forget(a);
	return step;
}

/* ForwardAgent yes, PATH or $VARIABLE; NULL if there is none. */
static const char *
agent_path(const struct client *c)
{
	const char *want = c->conf->forward_agent_path;

	if (want == NULL)
		want = c->agent_path;
	else if (want[0] == '$')
		want = getenv(want + 1);
	return want != NULL && *want != '\0' ? want : NULL;
}

/* Without an agent, programs on the server had better not find a socket. */
static bool
is_there(struct client *c, const char *path)
{
	struct err e = { .kind = ERR_NONE };
	struct agent *agent = agent_new(c->loop, path, client_wake, c, &e);

	if (agent == NULL)
		log_debug("agent forwarding: %s", e.text);
	agent_free(agent);
	return agent != NULL;
}

static void
wake(void *arg)
{
	client_wake(((struct agent_request *)arg)->client);
}

/* What the agent is told first of each connection that comes from there: keys
 * that are meant for some hosts only then work through this one, if at all. */
static void
put_preface(const struct client *c, struct buf *out)
{
	struct agent_binding binding;

	if (!session_can(c->session, SESSION_HOST_PROOF))
		return;
	session_binding(c->session, &binding);
	binding.is_forwarding = true;
	agent_put_bind(out, &binding);
}

struct agent_request *
agent_request_new(struct client *c)
{
	struct agent_forward_params p = {
		.session = c->session,
		.guard = { .loop = c->loop, .forget = forget, .wake = wake },
	};
	struct buf preface = BUF_INIT;
	struct agent_request *a;
	const char *path = agent_path(c);

	if (!c->conf->forward_agent || c->is_untrusted || path == NULL ||
	    !is_there(c, path))
		return NULL;
	log_debug("Requesting authentication agent forwarding.");
	a = xcalloc(1, sizeof(*a));
	a->client = c;
	a->path = xstrdup(path);
	p.path = path;
	p.guard.ask = c->conf->forward_agent_confirm ? ask : NULL;
	p.guard.arg = a;
	put_preface(c, &preface);
	p.preface = &preface;
	a->forward = agent_forward_new(&p);
	buf_clear(&preface);
	channel_request_agent(c->channel);
	return a;
}

void
agent_request_free(struct agent_request *a)
{
	if (a == NULL)
		return;
	agent_forward_free(a->forward);
	forget(a);
	free(a->path);
	free(a);
}

bool
agent_request_step(struct agent_request *a)
{
	return a != NULL && agent_forward_step(a->forward);
}

size_t
agent_request_open(const struct agent_request *a)
{
	return a != NULL ? agent_forward_open(a->forward) : 0;
}
