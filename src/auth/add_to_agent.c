/* AddKeysToAgent: a key file that was opened to sign with is given to the agent
 * first, as ssh does; and its certificate, if it is that one's turn. */
#include <stdlib.h>
#include <string.h>

#include "auth/agent.h"
#include "auth/auth.h"
#include "auth/method.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "keys/agent_wire.h"
#include "keys/key.h"
#include "keys/private_key.h"

bool
add_to_agent_is_due(const struct auth *a, const struct identity *id)
{
	return a->params->additions.mode != ADDITIONS_NONE &&
	       a->params->agent_path != NULL && id->path != NULL &&
	       id->agent_key == NULL && id->addition != ADDITION_OVER;
}

/* Its own comment, or its name. */
static const char *
comment_of(const struct identity *id)
{
	const char *comment = private_key_comment(id->private);

	return *comment != '\0' ? comment : id->path;
}

/* STEP_FAIL: the user does not want it. */
static enum step
ask(struct auth *a, const struct identity *id)
{
	char *text, *shown;
	enum step step;

	if (!a->params->can_ask)
		return STEP_FAIL;
	text = xasprintf("Add key %s (%s) to agent?", id->path, comment_of(id));
	shown = str_visible_line(text, strlen(text));
	step = auth_confirm(a, shown);
	if (step == STEP_FAIL)
		log_debug3("user denied adding this key");
	free(shown);
	free(text);
	return step;
}

static enum step
add(struct auth *a, const struct identity *id, const struct key *cert)
{
	const struct auth_additions *wanted = &a->params->additions;
	const struct agent_limits limits = {
		.life = wanted->life,
		.confirms = wanted->mode == ADDITIONS_CONFIRMED,
		.provider = key_is_sk(id->key)
				? a->params->security_key_provider
				: NULL,
	};
	struct buf key = { .wipe = true };
	struct agent_gift gift = { &key, comment_of(id), &limits };
	struct err e = { .kind = ERR_NONE };
	enum step step = STEP_FAIL;

	if (private_key_put(id->private, cert, &key, &e) == 0)
		step = agent_add(a->keeper, &gift, &e);
	if (step == STEP_DONE)
		log_debug("identity added to agent: %s%s", id->path,
			  cert != NULL ? " (certificate)" : "");
	else if (step == STEP_FAIL)
		log_debug("could not add identity to agent: %s (%s)", id->path,
			  e.text);
	buf_clear(&key);
	return step;
}

/* On a connection of its own: one that is bound to a session may not bring
 * everything. */
static enum identity_addition
begin(struct auth *a)
{
	const struct auth_params *p = a->params;
	struct err e = { .kind = ERR_NONE };

	if (p->agent_path != NULL)
		a->keeper =
		    agent_new(a->loop, p->agent_path, p->wake, p->wake_arg, &e);
	if (a->keeper == NULL) {
		log_debug3("no authentication agent, not adding key");
		return ADDITION_OVER;
	}
	return p->additions.mode == ADDITIONS_ASKED ? ADDITION_ASKING
						    : ADDITION_KEY;
}

/* What comes after what has succeeded, or failed. */
static enum identity_addition
next(enum identity_addition now, enum step step, const struct key *cert)
{
	if (step == STEP_FAIL)
		return ADDITION_OVER;
	if (now == ADDITION_ASKING)
		return ADDITION_KEY;
	return now == ADDITION_KEY && cert != NULL ? ADDITION_CERTIFICATE
						   : ADDITION_OVER;
}

enum step
add_to_agent(struct auth *a, struct identity *id)
{
	const struct key *cert = id->key->cert != NULL ? id->key : NULL;
	enum step step = STEP_FAIL;

	if (id->addition == ADDITION_NONE)
		id->addition = begin(a);
	while (id->addition != ADDITION_OVER) {
		if (id->addition == ADDITION_ASKING)
			step = ask(a, id);
		else if (id->addition == ADDITION_KEY)
			step = add(a, id, NULL);
		else
			step = add(a, id, cert);
		if (step == STEP_AGAIN)
			return step;
		id->addition = next(id->addition, step, cert);
	}
	agent_free(a->keeper);
	a->keeper = NULL;
	return STEP_DONE;
}
