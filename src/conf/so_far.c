#include "conf/so_far.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "base/xalloc.h"

#define DEFAULT_PORT 22

/* In the second reading the name is what the first one made of it. */
static char *
host_name(const struct conf *c, struct err *e)
{
	const char *host = c->host != NULL ? c->host : "";
	const struct path_token tokens[] = { { 'h', host } };
	char *name;

	if (c->canonical_host != NULL)
		return xstrdup(c->canonical_host);
	if (c->host_name == NULL)
		return xstrdup(host);
	name = path_expand_tokens(c->host_name, tokens, 1, e);
	if (name == NULL)
		err_wrap(e, "HostName");
	return name;
}

int
so_far_init(struct so_far *s, const struct conf *c, struct err *e)
{
	const char *user = c->user != NULL ? c->user : path_user();

	s->view = *c;
	s->user = xstrdup(user != NULL ? user : "");
	s->host_name = host_name(c, e);
	if (s->host_name == NULL)
		return -1;
	s->view.user = s->user;
	s->view.host_name = s->host_name;
	s->view.is_finished = true; /* it is not to be expanded again */
	if (c->host_key_alias == NULL)
		s->view.host_key_alias = s->host_name;
	if (c->port == 0)
		s->view.port = DEFAULT_PORT;
	return 0;
}

void
so_far_clear(struct so_far *s)
{
	free(s->host_name);
	free(s->user);
}
