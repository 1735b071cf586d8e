#include "conf/canonical.h"

#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/str.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "conf/so_far.h"

/* The address as the system writes it; NULL: it is none. */
static char *
numeric(const char *name)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICHOST };
	struct addrinfo *found = NULL;
	char text[NI_MAXHOST];
	int rc;

	if (getaddrinfo(name, NULL, &hints, &found) != 0)
		return NULL;
	rc = getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof(text),
			 NULL, 0, NI_NUMERICHOST);
	freeaddrinfo(found);
	return rc == 0 ? xstrdup(text) : NULL;
}

char *
canonical_written(const struct conf *c, struct err *e)
{
	struct so_far now;
	char *name = NULL;

	if (so_far_init(&now, c, e) == 0)
		name = numeric(now.host_name);
	if (name == NULL && now.host_name != NULL)
		name = str_lower(now.host_name);
	so_far_clear(&now);
	return name;
}
