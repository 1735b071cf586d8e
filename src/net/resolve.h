/*
 * resolve - looking up host names while the loop goes on.
 *
 * The system's resolver may take many seconds and cannot be asked without
 * waiting, so a child process does it. Numeric addresses and names in
 * /etc/hosts need none: their answer is there at once.
 */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/step.h"

struct address;
struct err;
struct loop;
struct resolve;

/* For err_hint(), where nobody says whether there is such a name. */
#define RESOLVE_NO_ANSWER_HINT                                                 \
	"No name server has answered: is the network up, and does "            \
	"/etc/resolv.conf name the right one?"

struct resolve_params {
	const char *host;
	int port;
	int family;    /* AF_UNSPEC, AF_INET, AF_INET6 */
	bool may_wait; /* rather than do without, if there can be no process */
};

/*
 * Look up the addresses for a stream socket. wake(arg) is called from the loop
 * when resolve_step() has something new to say; call that at once, too. Owned
 * by the caller.
 */
struct resolve *resolve_new(struct loop *l, const struct resolve_params *p,
			    void (*wake)(void *arg), void *arg);

/*
 * STEP_DONE: *ret_addresses are *ret_n addresses with the port; at least one,
 * borrowed. Families take turns, IPv6 first (RFC 8305 section 4), with the
 * system's order within each. STEP_FAIL sets e to the reason alone, with a
 * hint: ERR_RESOLVE, or ERR_CONF if nobody need be asked to know that there is
 * none.
 */
enum step resolve_step(struct resolve *r, const struct address **ret_addresses,
		       size_t *ret_n, struct err *e);

/* gai_strerror(), but the errno text where that says more. */
const char *resolve_text(int code);

void resolve_free(struct resolve *r); /* stops it; NULL is fine */

#endif
