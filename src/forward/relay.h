/*
 * relay - moves bytes between a local socket and a channel, both ways, until
 * both sides are done.
 *
 * An end on one side is passed on as an end (half-close); a local reset closes
 * the channel without one. A reset there cannot be told from an end here.
 * A side that does not read stops the other through the channel's window or
 * the socket's buffer; nothing is queued here but one buffer each way.
 */
#ifndef FORWARD_RELAY_H
#define FORWARD_RELAY_H

#include <stdbool.h>

struct buf;
struct channel;
struct socket;
struct relay;

/* Both are borrowed, and outlive it. The socket wakes the owner when
 * relay_step() may get further. */
struct relay *relay_new(struct socket *socket, struct channel *channel);
void relay_free(struct relay *r); /* NULL is fine */

/* Bytes that go to the channel before what is read from the socket, and to
 * the socket before what comes from the channel. Copied; before any step. */
void relay_prepend(struct relay *r, const struct buf *to_channel,
		   const struct buf *to_socket);

/* Move bytes. Returns true if there is more to do at once. */
bool relay_step(struct relay *r);

/* Both directions are over, and the channel is closed. */
bool relay_is_done(const struct relay *r);

#endif
