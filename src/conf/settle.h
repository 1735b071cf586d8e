/*
 * settle - the values that are expanded once, when the configuration is
 * complete, because the program uses them, and -G shows them, so.
 */
#ifndef CONF_SETTLE_H
#define CONF_SETTLE_H

struct conf;
struct err;

/* Replace User, ControlPath, SetEnv, the paths of agents and forwardings, ...
 * by what their tokens stand for. For conf_finish(), which has settled HostName
 * and User but for this. Fails with the keyword's name in e. */
int settle_values(struct conf *c, struct err *e);

/* The socket of the agent that IdentityAgent or ForwardAgent, as settled, names
 * by its path or by a variable; or NULL. Borrowed. */
const char *settle_agent_path(const char *value);

#endif
