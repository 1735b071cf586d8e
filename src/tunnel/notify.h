/*
 * notify - tells a service manager how we are doing: sd_notify(3)'s datagrams,
 * which need no library.
 *
 * Nothing waits: where the manager's queue is full, the last message is sent
 * again later; each says all that there is to say.
 */
#ifndef TUNNEL_NOTIFY_H
#define TUNNEL_NOTIFY_H

struct loop;
struct manager;
struct notify;
struct state;

/* NULL if there is nobody to be told. */
struct notify *notify_new(struct loop *l, const struct manager *m);
void notify_free(struct notify *n); /* NULL is fine */

/* s has changed; text says it to a person, in one line. */
void notify_tell(struct notify *n, const struct state *s, const char *text);

#endif
