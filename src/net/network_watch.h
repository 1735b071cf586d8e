/*
 * network_watch - tells that something about this machine's network has
 * changed: a link, an address or a route. What it was is not told: whoever
 * cares has to look anyway.
 *
 * By Linux's rtnetlink(7); elsewhere nothing is ever told.
 */
#ifndef NET_NETWORK_WATCH_H
#define NET_NETWORK_WATCH_H

struct loop;
struct network_watch;

/* Changes that follow each other at once are told once. NULL: this system does
 * not tell. */
struct network_watch *network_watch_new(struct loop *l,
					void (*changed)(void *arg), void *arg);
void network_watch_free(struct network_watch *w); /* NULL is fine */

#endif
