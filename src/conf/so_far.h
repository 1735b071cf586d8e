/*
 * so_far - what is known of the destination while the files are still being
 * read: the values that lines have given by now, and what is there without
 * them. Match lines and paths of Include depend on it.
 */
#ifndef CONF_SO_FAR_H
#define CONF_SO_FAR_H

#include "conf/conf.h"

struct so_far {
	/* A configuration that is only read: host, host_name, user, port and
	 * host_key_alias are settled, everything else is c's. */
	struct conf view;
	char *host_name; /* owned, as are these */
	char *user;
};

/* Call so_far_clear() in any case; c must stay as it is until then. Fails if
 * HostName cannot be made out. */
int so_far_init(struct so_far *s, const struct conf *c, struct err *e);
void so_far_clear(struct so_far *s);

#endif
