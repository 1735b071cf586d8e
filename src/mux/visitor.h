/*
 * visitor - one client of the master: what it asks for, the answers, and its
 * session.
 */
#ifndef MUX_VISITOR_H
#define MUX_VISITOR_H

#include <stdbool.h>
#include <sys/types.h>

struct err;
struct shared_job;
struct visitor;
struct visitors;

/* Takes over fd, also on failure; pid is whose it is, or 0. NULL with e set. */
struct visitor *visitor_new(struct visitors *all, int fd, pid_t pid,
			    struct err *e);
void visitor_free(struct visitor *v); /* ends its session */

/* Go on. Returns true if there is more to do at once. */
bool visitor_step(struct visitor *v);

/* It has gone, or is to. */
bool visitor_is_over(const struct visitor *v);

/* Its session is over for it, but others use it still: the caller's; or NULL.
 */
struct shared_job *visitor_take_leftover(struct visitor *v);

/* Tell it why its session ends, if it has one. */
void visitor_tell(const struct visitor *v, const char *why);

#endif
