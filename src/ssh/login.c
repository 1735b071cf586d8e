#include "ssh/login.h"

#include "ssh/engine.h"

enum login_result
login_none(struct session *s, const char *user)
{
	return s->engine->none(s, user);
}

void
login_send_first(struct session *s, const char *user, struct login_key *key)
{
	s->engine->send_first(s, user, key);
}

bool
login_knows_signatures(const struct session *s)
{
	return s->engine->knows_signatures(s);
}

const char *
login_methods(const struct session *s)
{
	return s->engine->methods(s);
}

const char *
login_banner(struct session *s, size_t *ret_len)
{
	return s->engine->banner(s, ret_len);
}

enum login_result
login_publickey(struct session *s, const char *user, struct login_key *key)
{
	return s->engine->publickey(s, user, key);
}

void
login_set_signatures(struct session *s, const char *list)
{
	s->engine->set_signatures(s, list);
}

enum login_result
login_hostbased(struct session *s, const char *user, struct login_host *h)
{
	return s->engine->hostbased(s, user, h);
}

enum login_result
login_gssapi(struct session *s, const char *user, struct login_gssapi *g)
{
	return s->engine->gssapi(s, user, g);
}

enum login_result
login_password(struct session *s, const char *user, struct login_password *p)
{
	return s->engine->password(s, user, p);
}

enum login_result
login_interactive(struct session *s, const char *user,
		  login_respond_fn *respond, void *arg)
{
	return s->engine->interactive(s, user, respond, arg);
}

enum login_result
login_listen(struct session *s)
{
	return s->engine->listen_login != NULL ? s->engine->listen_login(s)
					       : LOGIN_AGAIN;
}

bool
login_is_done(const struct session *s)
{
	return s->engine->is_done(s);
}
