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
#include <stddef.h>
#include <stdint.h>

struct channel;
struct err;
struct loop;
struct relay;

/*
 * fd and channel are taken over, also on failure. wake(arg) is called from
 * the loop when relay_step() may get further. NULL with e set on failure.
 */
struct relay *relay_new(struct loop *l, int fd, struct channel *channel,
			struct err *e);
void relay_set_wake(struct relay *r, void (*wake)(void *arg), void *arg);

/* Bytes that go to the channel before what is read from the socket, and to
 * the socket before what comes from the channel. Copied. */
void relay_prepend(struct relay *r, const void *to_channel,
		   size_t to_channel_len, const void *to_socket,
		   size_t to_socket_len);

/* Move bytes. Returns true if there is more to do at once. */
bool relay_step(struct relay *r);

/* Both directions are over, and the channel is closed. */
bool relay_is_done(const struct relay *r);

uint64_t relay_bytes_in(const struct relay *r);  /* from the channel */
uint64_t relay_bytes_out(const struct relay *r); /* to the channel */

void relay_free(struct relay *r); /* NULL is fine */

#endif
