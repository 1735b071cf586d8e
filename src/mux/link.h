/*
 * link - a client's way to a master: the control socket, the packets and
 * descriptors that go there, and the packets that come back. Nothing waits.
 *
 * Descriptors are given only to a master that is ours, or the superuser's:
 * whoever can put a socket where ControlPath points to would get the user's
 * terminal.
 */
#ifndef MUX_LINK_H
#define MUX_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/step.h"

struct err;
struct loop;
struct mux_link;
struct mux_packet;

#define MUX_LINK_FDS 3

/* wake(arg) is called from the loop when mux_link_step() may get further. NULL
 * with e set if the path is too long for a socket. */
struct mux_link *mux_link_new(struct loop *l, const char *path,
			      void (*wake)(void *arg), void *arg,
			      struct err *e);
void mux_link_free(struct mux_link *l); /* NULL is fine */

/* Queue a packet, or after all packets descriptors (at most MUX_LINK_FDS,
 * borrowed until a reply comes). */
void mux_link_put(struct mux_link *l, const struct mux_packet *p);
void mux_link_put_fds(struct mux_link *l, const int *fds, size_t n);

/*
 * Connect, send what is queued, and receive. STEP_DONE: *ret_packet is one that
 * came, the caller's to clear. STEP_FAIL: it is over, mux_link_end() says how.
 */
enum step mux_link_step(struct mux_link *l, struct mux_packet *ret_packet,
			struct err *e);

/* The rest of what is said on it is not packets: the socket, with nothing read
 * from it that was not given out. The link has nothing left but to be freed. */
int mux_link_release(struct mux_link *l);

enum mux_link_end {
	MUX_LINK_ALIVE,
	MUX_LINK_UNREACHABLE, /* mux_link_errno() says why */
	MUX_LINK_CLOSED,      /* after the master has read all that we sent */
	MUX_LINK_RESET,       /* without having done so */
	MUX_LINK_BROKEN,      /* it does not speak the protocol */
};

enum mux_link_end mux_link_end(const struct mux_link *l);
int mux_link_errno(const struct mux_link *l);

#endif
