/*
 * forward_watch - remembers how each forwarding was doing, and tells which ones
 * are doing otherwise now.
 */
#ifndef TUNNEL_FORWARD_WATCH_H
#define TUNNEL_FORWARD_WATCH_H

struct forward_state;
struct forward_watch;
struct forwards;

struct forward_watch *forward_watch_new(void);
void forward_watch_free(struct forward_watch *w); /* NULL is fine */

/* Look at all; changed is called for each that is in another phase than it was
 * the last time, or is there for the first time. */
void forward_watch_look(struct forward_watch *w, const struct forwards *f,
			void (*changed)(void *arg,
					const struct forward_state *s),
			void *arg);

/* The connection is gone, and so is every one of them. */
void forward_watch_forget(struct forward_watch *w);

#endif
