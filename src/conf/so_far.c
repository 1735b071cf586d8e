#include "conf/so_far.h"

#include <stdlib.h>

#include "base/path.h"
#include "base/xalloc.h"
#include "conf/tokens.h"

int
so_far_init(struct so_far *s, const struct conf *c, struct err *e)
{
	const char *user = c->user != NULL ? c->user : path_user();

	s->view = *c;
	s->user = xstrdup(user != NULL ? user : "");
	s->host_name = tokens_host(c, e);
	if (s->host_name == NULL)
		return -1;
	s->view.user = s->user;
	s->view.host_name = s->host_name;
	s->view.is_finished = true; /* it is not to be expanded again */
	if (c->host_key_alias == NULL)
		s->view.host_key_alias = s->host_name;
	if (c->port == 0)
		s->view.port = CONF_DEFAULT_PORT;
	return 0;
}

void
so_far_clear(struct so_far *s)
{
	free(s->host_name);
	free(s->user);
}
