/*
 * flow - one direction between a channel and something local: bytes go on until
 * one of the two must wait, or a turn's share is used up so that others get
 * theirs.
 *
 * Both functions return what ended it: a positive number if there is more to do
 * at once, 0 at the end of the source, -EAGAIN if one of the two must wait, or
 * else the negative errno of the local side, which failed.
 */
#ifndef FORWARD_FLOW_H
#define FORWARD_FLOW_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "ssh/channel.h"

/* What is good to read at once: two of the largest packets that are sent at
 * once (docs/LIBSSH2.md). */
#define FLOW_READ_BYTES ((size_t)2 * 32700)

/* What was read for a channel: [sent, held.len) waits for it. Starts zeroed. */
struct flow {
	struct buf held;
	size_t sent;
};

/* Nothing waits to be sent. */
bool flow_is_empty(const struct flow *f);

/* Forget what waits, and free the memory. */
void flow_drop(struct flow *f);

/*
 * Send what waits, and what fill() then reads into an empty buffer: it returns
 * as read(2), or a negative errno. -EPIPE: the channel takes no more.
 */
typedef ssize_t flow_fill_fn(void *arg, struct buf *to);
int flow_to_channel(struct flow *f, struct channel *channel, flow_fill_fn *fill,
		    void *arg);

/* Give what one stream has to drain(), from where it is. That returns as
 * write(2), or a negative errno. */
typedef ssize_t flow_drain_fn(void *arg, enum channel_stream stream,
			      const void *data, size_t len);
int flow_from_channel(struct channel *channel, enum channel_stream stream,
		      flow_drain_fn *drain, void *arg);

#endif
