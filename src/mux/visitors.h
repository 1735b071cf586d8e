/*
 * visitors - the clients of a master that are there now, and what they have
 * left running.
 */
#ifndef MUX_VISITORS_H
#define MUX_VISITORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct client_ground;
struct console;
struct leftover;
struct visitor;

/* Embedded in its owner, who sets the first part. */
struct visitors {
	const struct client_ground *ground;
	struct console *console;      /* where questions are asked */
	void (*stop)(void *arg);      /* nobody is to come any more */
	void (*terminate)(void *arg); /* and the connection is to end */
	void *arg;
	time_t since; /* when the first could have come */

	struct visitor *first;
	size_t count;
	uint32_t sessions; /* so far */
	struct leftover *leftovers;
};

/* Somebody has connected: fd is taken over. Who is another user is sent away.
 */
void visitors_admit(struct visitors *all, int fd);

/* Go on with all. Returns true if there is more to do at once. */
bool visitors_step(struct visitors *all);

/* The size of their terminals may have changed. */
void visitors_resize(struct visitors *all);

/* Does anybody need the connection? */
bool visitors_are_busy(const struct visitors *all);

/* End all that they do; why is a sentence for those who have a session; or
 * NULL. */
void visitors_turn_out(struct visitors *all, const char *why);

#endif
