/*
 * socks - the server's side of SOCKS 4, 4a and 5 (RFC 1928): what a client of
 * a dynamic forwarding says before its data, and the answers.
 *
 * Pure: bytes in, answers into a buffer. Of the commands only CONNECT is
 * served, of the ways to log in only none. The answer to the request is given
 * when it is known how the connection went, by socks_reply().
 */
#ifndef FORWARD_SOCKS_H
#define FORWARD_SOCKS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/step.h"

enum socks_outcome {
	SOCKS_CONNECTED,
	SOCKS_FAILED, /* for no reason that is listed below */
	SOCKS_NOT_ALLOWED,
	SOCKS_NET_UNREACHABLE,
	SOCKS_HOST_UNREACHABLE,
	SOCKS_REFUSED,
	SOCKS_TIMED_OUT,
	SOCKS_BAD_COMMAND,
	SOCKS_BAD_ADDRESS,
};

struct socks {
	/* The target, once socks_feed() is done. An address is numeric. */
	char *host; /* owned */
	int port;
	const char *trouble; /* why it failed, for the log; static text */

	/* The rest is for socks.c only. */
	int version; /* 0: nothing came yet */
	struct buf held;
	size_t parsed; /* bytes of held that were understood */
};

void socks_init(struct socks *s);
void socks_clear(struct socks *s);

/*
 * Take bytes from the client; *ret_used tells how many. Answers that are due
 * at once are appended to reply, whatever the result.
 *
 * STEP_DONE: host and port are set, the bytes after *ret_used are data for
 * the target, and the client waits for socks_reply(). STEP_FAIL: send the
 * reply, then close; trouble is set.
 */
enum step socks_feed(struct socks *s, const void *data, size_t len,
		     size_t *ret_used, struct buf *reply);

/* Append the answer to the request, in the client's version. */
void socks_reply(const struct socks *s, enum socks_outcome outcome,
		 struct buf *reply);

/* The outcome that an errno of connecting stands for; 0: connected. */
enum socks_outcome socks_outcome_of_errno(int error);

#endif
