/*
 * events - EventsFile: what happens, as lines of JSON, one object an event:
 * docs/events.schema.json, hawser-events(5).
 */
#ifndef TUNNEL_EVENTS_H
#define TUNNEL_EVENTS_H

struct client_facts;
struct conf;
struct err;
struct events;
struct loop;
struct news;
struct state;

/* What an event says does not change while this does not; things may be added.
 */
#define EVENTS_VERSION 1

/* conf is borrowed, and says EventsFile. NULL with e set (ERR_LOCAL) if it
 * cannot be written to. */
struct events *events_new(struct loop *l, const struct conf *conf,
			  struct err *e);
void events_free(struct events *v); /* NULL is fine */

/* s is the state after n. */
void events_tell(struct events *v, const struct news *n, const struct state *s,
		 const struct client_facts *facts);

#endif
