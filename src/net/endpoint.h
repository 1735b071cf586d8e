/*
 * endpoint - one direction of a local descriptor (stdin, stdout, stderr) that
 * is read or written without ever blocking and without changing the flags
 * that other processes share.
 *
 * Pipes and terminals are opened anew through /proc/self/fd, which gives this
 * process flags of its own; sockets use MSG_DONTWAIT; regular files never
 * block. Only where none of that works is O_NONBLOCK set on the shared
 * description, and taken back by endpoint_close() and endpoint_free(); never
 * on a terminal, where the shell would find it if we were killed: a look before
 * each call has to do there.
 *
 * A terminal is read only while it has input and is ours: a background job
 * leaves what is typed to others instead of being stopped for it.
 *
 * Writing to a pipe without a reader raises SIGPIPE as write(2) does: the
 * program ignores that signal. While an endpoint is not wanted, nothing about
 * it is noticed, and nothing spins: neither an end of input nor a reader that
 * went away.
 */
#ifndef NET_ENDPOINT_H
#define NET_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct endpoint;
struct err;
struct loop;

/*
 * fd is taken over (even on failure) and closed by endpoint_close() or
 * endpoint_free(). NULL with e set on failure.
 */
struct endpoint *endpoint_new(struct loop *l, int fd, bool for_writing,
			      struct err *e);

/* wake(arg) is called from the loop, once per turn, while the endpoint is
 * wanted and ready; the end of input and a reader that went away count as
 * ready. To be set before the first endpoint_want(). */
void endpoint_set_wake(struct endpoint *ep, void (*wake)(void *arg), void *arg);

/* Watch for readiness, or stop. */
void endpoint_want(struct endpoint *ep, bool on);

/* As read(2) and write(2): bytes, 0 at end of input, or a negative errno
 * (-EAGAIN: not now; EINTR is retried inside). */
ssize_t endpoint_read(struct endpoint *ep, void *data, size_t len);
ssize_t endpoint_write(struct endpoint *ep, const void *data, size_t len);

/* Write of a text as much as fits at once to a descriptor that stays the
 * caller's: nobody is waited for. Returns 0, or -1 if nothing can be
 * written. */
int endpoint_say(struct loop *l, int fd, const void *text, size_t len);

/* Close both descriptors (the shared flags are put back first). Later reads
 * give 0, later writes -EPIPE. */
void endpoint_close(struct endpoint *ep);
bool endpoint_is_open(const struct endpoint *ep);

void endpoint_free(struct endpoint *ep); /* NULL is fine */

#endif
