#include "client/guests.h"

#include "client/internal.h"
#include "console/console.h"

void
client_open_terminal(struct client *c)
{
	if (console_wants_terminal(c->console, c->command))
		console_open_terminal(c->console);
}

bool
client_gives_job_away(const struct client *c)
{
	return c->guests != NULL && c->guests->take_job(c->guests->arg);
}

void
client_turn_guests_out(struct client *c, const char *why)
{
	if (c->has_guests)
		c->guests->leave(c->guests->arg, why);
	c->has_guests = false;
}
