/* Agent forwarding as the user wants it: which agent, and (ForwardAgentConfirm)
 * what may be signed with it. */
#include <stdlib.h>
#include <string.h>

#include "auth/agent.h"
#include "auth/auth.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "conf/settle.h"
#include "forward/agent_forward.h"
#include "job/job.h"
#include "job/service.h"
#include "keys/agent_wire.h"
#include "keys/key.h"
#include "ssh/incoming.h"
#include "ssh/session.h"

struct agent_access {
	const struct job_params *job;
	const struct channel *channel;
	char *path;
	struct agent_forward *forward;
	bool was_told;   /* that nobody can be asked */
	bool is_refused; /* which was told, too */

	/* While a signature is to be confirmed: */
	struct key *key;
	struct agent *agent; /* looks up its comment, before the question */
	char *question;      /* then; visible */
};

static void
forget(void *arg)
{
	struct agent_access *a = arg;
	const struct asker *asker = &a->job->asker;

	if (a->question != NULL)
		asker->forget(asker->arg);
	free(a->question);
	agent_free(a->agent);
	key_free(a->key);
	a->question = NULL;
	a->agent = NULL;
	a->key = NULL;
}

/* What the agent calls the key, made visible; NULL if it does not know it. */
static char *
take_comment(const struct agent_access *a, struct agent_keys *keys)
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

static bool
can_ask(const struct agent_access *a)
{
	const struct job_params *p = a->job;

	return !p->conf->batch_mode && p->asker.can_ask(p->asker.arg);
}

static enum step
start_question(struct agent_access *a, const char *comment)
{
	const struct conf *o = a->job->conf;
	char *fingerprint =
	    key_fingerprint(a->key, (enum key_hash)o->fingerprint_hash);

	if (can_ask(a)) {
		a->question = xasprintf(
		    "%s wants to use your %s key %s%s%s%s for a signature.\n"
		    "Allow it (yes/no)? ",
		    o->host, key_type_name(a->key), fingerprint,
		    comment != NULL ? " (" : "", comment != NULL ? comment : "",
		    comment != NULL ? ")" : "");
	} else {
		log_write(a->was_told ? LOG_LEVEL_DEBUG1 : LOG_LEVEL_INFO,
			  "ForwardAgentConfirm: nobody can be asked: a "
			  "signature with key %s was refused",
			  fingerprint);
		a->was_told = true;
	}
	free(fingerprint);
	return a->question != NULL ? STEP_AGAIN : STEP_FAIL;
}

static enum step
look_up(struct agent_access *a)
{
	struct agent_keys keys = { NULL, 0 };
	struct err e = { .kind = ERR_NONE };
	enum step step;
	char *comment;

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
begin(struct agent_access *a, const void *blob, size_t len)
{
	struct err e = { .kind = ERR_NONE };

	a->key = key_from_blob(blob, len, &e);
	if (a->key != NULL)
		a->agent = agent_new(a->job->loop, a->path, a->job->wake,
				     a->job->arg, &e);
	if (a->agent != NULL)
		return STEP_AGAIN;
	log_info("agent forwarding: %s", e.text);
	return STEP_FAIL;
}

/* For the guard: may this key sign? */
static enum step
ask(void *arg, const void *blob, size_t len)
{
	struct agent_access *a = arg;
	enum step step = STEP_AGAIN;

	if (a->key == NULL)
		step = begin(a, blob, len);
	if (step == STEP_AGAIN && a->agent != NULL)
		step = look_up(a);
	if (step == STEP_AGAIN && a->question != NULL)
		step = asker_confirm(&a->job->asker, a->question);
	if (step != STEP_AGAIN)
		forget(a);
	return step;
}

/* NULL if there is none. */
static const char *
agent_path(const struct job_params *p)
{
	const char *other = p->conf->forward_agent_path;

	return other != NULL ? settle_agent_path(other) : p->agent_path;
}

/* Without an agent, programs on the server had better not find a socket. */
static bool
is_there(const struct job_params *p, const char *path)
{
	struct err e = { .kind = ERR_NONE };
	struct agent *agent = agent_new(p->loop, path, p->wake, p->arg, &e);

	if (agent == NULL)
		log_debug("agent forwarding: %s", e.text);
	agent_free(agent);
	return agent != NULL;
}

static void
wake(void *arg)
{
	const struct agent_access *a = arg;

	a->job->wake(a->job->arg);
}

/* What the agent is told first of each connection that comes from there: keys
 * that are meant for some hosts only then work through this one, if at all. */
static void
put_preface(const struct session *s, struct buf *out)
{
	struct agent_binding binding;

	if (!session_can(s, SESSION_HOST_PROOF))
		return;
	session_binding(s, &binding);
	binding.is_forwarding = true;
	agent_put_bind(out, &binding);
}

static void *
begin_service(const struct job_params *job, struct channel *c)
{
	const struct conf *o = job->conf;
	struct agent_forward_params p = {
		.session = job->session,
		.idle = job->idle,
		.guard = { .loop = job->loop, .forget = forget, .wake = wake },
	};
	struct buf preface = BUF_INIT;
	struct agent_access *a;
	const char *path = agent_path(job);

	if (!o->forward_agent || job->is_untrusted || path == NULL ||
	    !is_there(job, path))
		return NULL;
	log_debug("Requesting authentication agent forwarding.");
	a = xcalloc(1, sizeof(*a));
	a->job = job;
	a->channel = c;
	a->path = xstrdup(path);
	p.path = path;
	p.guard.ask = o->forward_agent_confirm ? ask : NULL;
	p.guard.arg = a;
	put_preface(p.session, &preface);
	p.preface = &preface;
	a->forward = agent_forward_new(&p);
	buf_clear(&preface);
	channel_request_agent(c);
	return a;
}

static void
free_service(void *s)
{
	struct agent_access *a = s;

	agent_forward_free(a->forward);
	forget(a);
	free(a->path);
	free(a);
}

static bool
step_service(void *s)
{
	struct agent_access *a = s;

	/* ssh cannot tell, as it wants no answer */
	if (!a->is_refused && channel_agent_step(a->channel) == STEP_FAIL) {
		a->is_refused = true;
		log_verbose("Agent forwarding request failed on channel 0");
	}
	return agent_forward_step(a->forward);
}

static size_t
count_connections(const void *s)
{
	return agent_forward_open(((const struct agent_access *)s)->forward);
}

const struct service agent_service = {
	.begin = begin_service,
	.step = step_service,
	.connections = count_connections,
	.free = free_service,
};
