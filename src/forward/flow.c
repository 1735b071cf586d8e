#include "forward/flow.h"

#include <errno.h>

/* What one direction may move in a turn. */
#define TURN_BYTES ((size_t)256 * 1024)

bool
flow_is_empty(const struct flow *f)
{
	return f->sent == f->held.len;
}

void
flow_drop(struct flow *f)
{
	buf_clear(&f->held);
	f->sent = 0;
}

int
flow_to_channel(struct flow *f, struct channel *channel, flow_fill_fn *fill,
		void *arg)
{
	size_t moved = 0;
	ssize_t n;

	while (moved < TURN_BYTES) {
		/* not before it is empty: a write that said "again" must be
		 * repeated with the same bytes */
		if (flow_is_empty(f)) {
			f->held.len = f->sent = 0; /* wiped at the end */
			n = fill(arg, &f->held);
			if (n <= 0)
				return (int)n;
			continue;
		}
		n = channel_write(channel, f->held.data + f->sent,
				  f->held.len - f->sent);
		if (n < 0)
			return n == -EAGAIN ? -EAGAIN : -EPIPE;
		f->sent += (size_t)n;
		moved += (size_t)n;
	}
	return 1;
}

int
flow_from_channel(struct channel *channel, enum channel_stream stream,
		  flow_drain_fn *drain, void *arg)
{
	const unsigned char *data;
	size_t moved = 0;
	ssize_t n;

	while (moved < TURN_BYTES) {
		n = channel_peek(channel, stream, &data);
		if (n > 0)
			n = drain(arg, stream, data, (size_t)n);
		if (n <= 0)
			return (int)n;
		channel_consume(channel, stream, (size_t)n);
		moved += (size_t)n;
	}
	return 1;
}
