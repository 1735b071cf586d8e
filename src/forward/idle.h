/*
 * idle - channels over which nothing has gone for too long (ChannelTimeout).
 *
 * Rules say how long is too long for which type of channel; one rule may be
 * about all channels together. Who has a channel asks in each of its steps
 * whether that time is over; it is woken for that, and closes the channel.
 */
#ifndef FORWARD_IDLE_H
#define FORWARD_IDLE_H

#include <stdbool.h>

struct channel;
struct idle;
struct idle_watch;
struct loop;

/* No rules yet. wake(arg) has everybody take a step. */
struct idle *idle_new(struct loop *l, void (*wake)(void *arg), void *arg);
void idle_free(struct idle *i); /* after its watches; NULL is fine */

/* Of the rules whose pattern matches a type, the first one counts; 0 seconds:
 * there is no limit. The pattern "global" is about all channels together. */
void idle_add_rule(struct idle *i, const char *pattern, int seconds);

/*
 * A channel is open, from now on: its type is "direct-tcpip", say, or of two
 * parts, of which the first alone may match, too: "session:shell". The channel
 * is borrowed, the type copied. NULL if there is no rule for it, or no i.
 */
struct idle_watch *idle_watch(struct idle *i, const char *type,
			      const struct channel *channel);
void idle_unwatch(struct idle_watch *w); /* NULL is fine */

/* Is it to be closed? That is told once, with -v. NULL is fine. */
bool idle_has_expired(struct idle_watch *w);

#endif
