#include "job/environment.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/match.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "ssh/channel.h"

extern char **environ;

/* Does SendEnv want this "NAME=value"? */
static bool
is_wanted(const struct strv *patterns, const char *entry, const char *equals)
{
	char *name = xstrndup(entry, (size_t)(equals - entry));
	bool found = false;

	for (size_t i = 0; i < patterns->len && !found; i++)
		found = match_pattern(name, patterns->items[i]);
	free(name);
	return found;
}

static void
request_variable(struct channel *c, const char *entry)
{
	const char *equals = strchr(entry, '=');
	char *name;

	if (equals == NULL)
		return;
	name = xstrndup(entry, (size_t)(equals - entry));
	channel_request_env(c, name, equals + 1);
	free(name);
}

void
environment_collect(const struct conf *o, struct strv *list)
{
	for (char **entry = environ; *entry != NULL; entry++) {
		const char *equals = strchr(*entry, '=');

		if (equals != NULL && is_wanted(&o->send_env, *entry, equals))
			strv_add(list, *entry);
	}
	for (size_t i = 0; i < o->set_env.len; i++)
		strv_add(list, o->set_env.items[i]);
}

void
environment_request(struct channel *c, const struct conf *o)
{
	struct strv list = STRV_INIT;

	if (o->send_env.len > 0)
		log_debug("Sending environment.");
	environment_collect(o, &list);
	for (size_t i = 0; i < list.len; i++)
		request_variable(c, list.items[i]);
	strv_clear(&list);
}
