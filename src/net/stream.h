/*
 * stream - what is under an SSH session, with a queue of bytes to send.
 *
 * Any stream socket will do, and two pipes, at whose other ends is a child
 * process; or a carrier, which is whatever else takes bytes to the other side.
 * What only TCP has is not missed where there is none.
 *
 * Sending always accepts everything into the queue; stream_flush() gives it
 * to the kernel, once per turn. The owner stops producing while
 * stream_pending() is high. While quickack is on, TCP_QUICKACK is set again
 * after every read (the kernel forgets it). A peer that is gone makes sending
 * fail with EPIPE; with a socket it never raises SIGPIPE.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "net/own_address.h"

struct buf;
struct err;
struct loop;
struct stream;

/*
 * Takes over fd (a non-blocking socket), even on failure. wake(arg) is called
 * from the loop when there is something to read, or when room for sending
 * came back after a short write. NULL with e set on failure.
 */
struct stream *stream_new(struct loop *l, int fd, void (*wake)(void *arg),
			  void *arg, struct err *e);

/*
 * The same over what in can be read from and out written to, which need not be
 * sockets, and may be one. Takes over both, and makes those non-blocking that
 * are no sockets.
 */
struct stream *stream_new_pair(struct loop *l, int in, int out,
			       void (*wake)(void *arg), void *arg,
			       struct err *e);

/* What is no descriptor; each function gets the carrier's own argument. */
struct stream_carrier {
	/* Bytes, 0 at the end of input, or a negative errno; as much as can be
	 * written at once. */
	ssize_t (*read)(void *of, void *data, size_t len);
	ssize_t (*write)(void *of, const void *data, size_t len);
	/* From now on wake the stream's owner when one of these is possible;
	 * not from within. */
	void (*want)(void *of, bool read, bool write);
	int (*rtt_us)(void *of);
	void (*free)(void *of); /* the stream is at its end */
};

/* The carrier is borrowed, and of is what it is given. Never fails. */
struct stream *stream_new_carried(const struct stream_carrier *carrier,
				  void *of);

void stream_free(struct stream *s); /* closes; NULL is fine */

void stream_set_quickack(struct stream *s, bool on);
void stream_set_dscp(struct stream *s, int dscp); /* IP_TOS or IPV6_TCLASS */

/* Bytes read (> 0), 0 at the end of input, -EAGAIN, or another negative
 * errno, remembered for stream_error(). */
ssize_t stream_read(struct stream *s, void *data, size_t len);

/* Stop waking the owner for what can be read (off), or go on (on, as at the
 * start). After the end of input nothing is watched any more. */
void stream_want_read(struct stream *s, bool on);

/* Queue all of it. Returns len, or -EPIPE once the stream has failed. */
ssize_t stream_write(struct stream *s, const void *data, size_t len);

/*
 * Where bytes to be sent can be appended without a copy: the queue itself, with
 * room for some KiB. Borrowed until the next call. What is in it already stays.
 * Once the stream has failed, what is appended is dropped.
 */
struct buf *stream_queue(struct stream *s);

/* The first len bytes to be written have been sent already, with the first
 * packet: do not send them again. */
void stream_skip(struct stream *s, size_t len);

/* Give the queue to the kernel. Returns 0 (all or what fits went), or
 * a negative errno when the connection is broken. Watches for room by itself
 * when something is left. */
int stream_flush(struct stream *s);

size_t stream_pending(const struct stream *s); /* bytes queued */

/* When bytes last came (or the stream was made), by loop_now_ms(). */
int64_t stream_heard_ms(const struct stream *s);

/* Has something arrived that was not read yet? Of a socket. */
bool stream_has_input(const struct stream *s);

/*
 * How far the other side has come with what was written, of all bytes: where
 * there is no TCP it counts as received once it was given away. Some of what is
 * missing has been on its way since sent_ms at least, and the last sign of any
 * being received came at sign_ms, both by loop_now_ms().
 */
struct stream_progress {
	uint64_t written, acknowledged;
	int64_t sent_ms, sign_ms;
};
void stream_get_progress(const struct stream *s, struct stream_progress *ret);

/* What has become of the address that the socket has here? If it is lost,
 * nothing can come back. */
enum own_address stream_own_address(const struct stream *s);

/* The kernel's estimate of the round trip in microseconds; 0 if it has
 * none. */
int stream_rtt_us(const struct stream *s);

uint64_t stream_bytes_in(const struct stream *s);
uint64_t stream_bytes_out(const struct stream *s); /* given to the kernel */

/* The first errno that broke the stream; 0 while it is fine. */
int stream_error(const struct stream *s);

/* The numeric address and port of the other end, for messages; as ssh says,
 * "UNKNOWN" and 65535 when not a TCP socket. Borrowed. */
bool stream_peer_is_known(const struct stream *s);
const char *stream_peer_address(const struct stream *s);
int stream_peer_port(const struct stream *s);

/* The socket, borrowed; -1: there is none. */
int stream_fd(const struct stream *s);

#endif
