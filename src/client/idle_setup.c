#include "client/idle_setup.h"

#include <stdlib.h>

#include "client/internal.h"
#include "conf/conf.h"
#include "conf/scalar.h"
#include "forward/idle.h"

struct idle *
idle_setup_new(struct client *c)
{
	const struct strv *rules = &c->conf->channel_timeout;
	struct idle *idle;

	if (rules->len == 0)
		return NULL;
	idle = idle_new(c->loop, client_wake, c);
	for (size_t i = 0; i < rules->len; i++) {
		char *type;
		int seconds;

		if (scalar_type_time(rules->items[i], &type, &seconds) != 0)
			continue;
		idle_add_rule(idle, type, seconds);
		free(type);
	}
	return idle;
}
