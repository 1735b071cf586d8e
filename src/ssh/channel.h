/*
 * channel - one SSH channel (RFC 4254 section 5): opening, requests, data in
 * both directions, half-close, and how it ended.
 *
 * Nothing here waits. Replies arrive through session_poll_requests(); data
 * calls say -EAGAIN. What was asked for at a time when libssh2 cannot send
 * (during a key exchange) is remembered and sent later, in order.
 */
#ifndef SSH_CHANNEL_H
#define SSH_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/step.h"

struct channel;
struct err;
struct session;

/*
 * Ask for a "session" channel whose receive window starts at window bytes, and
 * follows what the path can carry (window.h) from there. Opens wait for each
 * other. Returns a new channel owned by the caller, to be freed before the
 * session is.
 */
struct channel *channel_open_session(struct session *s, uint32_t window);

/* Where a forwarded connection goes, and where it came from. */
struct channel_target {
	const char *path; /* a Unix socket on the server; or NULL and: */
	const char *host;
	int port;
	const char *from_host; /* NULL: not known */
	int from_port;
};

/* Ask for a connection from the server to a target (RFC 4254 section 7.2,
 * "direct-tcpip"; OpenSSH's "direct-streamlocal@openssh.com"). As above. */
struct channel *channel_open_direct(struct session *s,
				    const struct channel_target *target,
				    uint32_t window);

/* Who connected, on a channel from a remote_listener: an address, borrowed;
 * NULL where nobody said, or the engine does not tell. */
const char *channel_originator(const struct channel *c, int *ret_port);

/* Close it if it is open, and forget it. NULL is fine. */
void channel_free(struct channel *c);

/* Did the open succeed? STEP_FAIL sets e (ERR_CHANNEL, or ERR_UNAVAILABLE)
 * with the server's reason. */
enum step channel_open_step(struct channel *c, struct err *e);

/*
 * Requests on a session channel (RFC 4254 sections 6.4 and 6.5). They may be
 * queued before the open is confirmed; each is sent as soon as the ones
 * before it are. Texts are copied.
 */
/* One that is too long for a packet is told, and left out. */
void channel_request_env(struct channel *c, const char *name,
			 const char *value);

struct channel_size {
	unsigned cols, rows;
	unsigned xpixel, ypixel;
};

struct channel_pty {
	const char *term;  /* TERM */
	const void *modes; /* RFC 4254 section 8; with term at most
			      CHANNEL_PTY_MAX bytes */
	size_t modes_len;
	struct channel_size size;
};

#define CHANNEL_PTY_MAX 256

/* A refusal is no failure: see channel_has_pty(). */
void channel_request_pty(struct channel *c, const struct channel_pty *p);
bool channel_has_pty(const struct channel *c);

/* The window has another size now (RFC 4254 section 6.7). Told as soon as
 * there is a pty; only the last size counts, and none after the end. */
void channel_set_size(struct channel *c, const struct channel_size *size);

void channel_request_start(struct channel *c, const char *type,
			   const char *text); /* "exec", "shell", "subsystem" */

/* Has everything asked for been answered, and was the start accepted?
 * STEP_FAIL sets e (ERR_CHANNEL), also if the server closed the channel instead
 * of answering. Refused variables are no failure. What has been heard of a
 * command is an answer, too, as some servers give none, or a late one. */
enum step channel_start_step(struct channel *c, struct err *e);

/* Was the start refused, be it after all? */
bool channel_is_refused(const struct channel *c);

enum channel_stream { CHANNEL_STDOUT = 0, CHANNEL_STDERR = 1 };

/*
 * Look at what has arrived: bytes, 0 at the end of this stream, or -EAGAIN.
 * There are at most CHANNEL_READ_BYTES, so that others get their turn, borrowed
 * until anything is done with the session; what is not consumed comes again.
 * After the connection ended, what had arrived is still there, then comes 0.
 */
#define CHANNEL_READ_BYTES ((size_t)64 * 1024)
ssize_t channel_peek(struct channel *c, enum channel_stream stream,
		     const unsigned char **ret_data);

/* The first len bytes of what was looked at are done with: the server may send
 * as much more. */
void channel_consume(struct channel *c, enum channel_stream stream, size_t len);

/*
 * Write: bytes taken (may be short), -EAGAIN (window or send queue full, or a
 * key exchange), -EPIPE when the channel is closed. After -EAGAIN the next
 * call must offer at least the same bytes again (docs/LIBSSH2.md).
 */
ssize_t channel_write(struct channel *c, const void *data, size_t len);

/*
 * Nobody wants to read a stream any more: tell the server, whose writer then
 * gets SIGPIPE ("eow@openssh.com"), and drop what still comes of it. The other
 * stream and the status arrive as before. False, and nothing changes, where the
 * engine or the server cannot do that.
 */
bool channel_stop_reading(struct channel *c, enum channel_stream stream);

/* Has the server said the same of what we write? Then there is no use in
 * reading it from anywhere. */
bool channel_is_unread(const struct channel *c);

/* No more data will be written. */
void channel_send_eof(struct channel *c);

/* Close our side; the status can still arrive. */
void channel_close(struct channel *c);

/* Both streams were read to their end (or the connection is gone). */
bool channel_is_eof(const struct channel *c);

/* The server closed the channel: its exit status is final. */
bool channel_is_closed(struct channel *c);

/*
 * Ask that the remote process get a signal ("INT": RFC 4254 section 6.9). No
 * reply exists. False if it can no longer be sent.
 */
bool channel_send_signal(struct channel *c, const char *name);

/* Ask for a BREAK of this length (RFC 4335); with SESSION_BREAK. Likewise. */
bool channel_send_break(struct channel *c, uint32_t length_ms);

/* How the remote command ended. */
enum channel_exit {
	CHANNEL_EXIT_NONE,   /* the server did not say */
	CHANNEL_EXIT_STATUS, /* *ret_status is set */
	CHANNEL_EXIT_SIGNAL, /* *ret_signal is set: "KILL"; borrowed, as sent */
};
enum channel_exit channel_exit(const struct channel *c, int *ret_status,
			       const char **ret_signal,
			       const char **ret_message);

/* The receive window shall not grow beyond this many bytes, if that is more
 * than it began with. */
void channel_limit_window(struct channel *c, uint32_t bytes);

/* Bytes of data read and written so far. */
uint64_t channel_bytes_in(const struct channel *c);
uint64_t channel_bytes_out(const struct channel *c);

#endif
