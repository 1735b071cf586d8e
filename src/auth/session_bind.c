/* Telling the agent which host the session is with, before it signs for it
 * (OpenSSH's PROTOCOL.agent, session-bind@openssh.com): keys that are meant for
 * some hosts only are then shown for no other. */
#include "auth/agent.h"
#include "auth/auth.h"
#include "auth/method.h"
#include "base/err.h"
#include "base/log.h"
#include "keys/agent_wire.h"
#include "ssh/host_proof.h"
#include "ssh/session.h"

void
session_binding(const struct session *s, struct agent_binding *ret)
{
	size_t len;
	const void *blob = session_host_key(s, &len);

	wire_init(&ret->host_key, blob, len);
	ret->session_id = host_proof_session_id(s);
	ret->signature = host_proof_signature(s);
	ret->is_forwarding = false;
}

/* What the agent still lists is what may be used here. */
static enum step
list_again(struct auth *a)
{
	struct agent_keys keys = { NULL, 0 };
	struct err e = { .kind = ERR_NONE };
	enum step step = agent_list(a->agent, &keys, &e);

	if (step == STEP_AGAIN)
		return STEP_AGAIN;
	if (step == STEP_FAIL)
		log_debug("agent: %s", e.text);
	else if (keys.len != a->n_agent_keys)
		publickey_take_keys(a, &keys);
	agent_keys_clear(&keys);
	return STEP_DONE;
}

static enum step
bind_once(struct auth *a)
{
	struct agent_binding binding;
	struct err e = { .kind = ERR_NONE };
	enum step step;

	session_binding(a->session, &binding);
	step = agent_bind(a->agent, &binding, &e);
	if (step == STEP_DONE)
		log_debug("bound agent to hostkey");
	else if (step == STEP_FAIL)
		log_debug2("ssh_agent_bind_hostkey: %s", e.text);
	return step;
}

enum step
publickey_bind(struct auth *a)
{
	enum step step;

	if (!a->is_gathered || a->agent == NULL || a->n_agent_keys == 0 ||
	    !session_can(a->session, SESSION_HOST_PROOF))
		return STEP_DONE;
	if (a->binding == BINDING_NONE) {
		step = bind_once(a);
		if (step == STEP_AGAIN)
			return STEP_AGAIN;
		a->binding = step == STEP_DONE ? BINDING_LISTING : BINDING_DONE;
	}
	if (a->binding == BINDING_LISTING && list_again(a) == STEP_AGAIN)
		return STEP_AGAIN;
	a->binding = BINDING_DONE;
	return STEP_DONE;
}
