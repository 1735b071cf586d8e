/*
 * link - tells the user when the server has gone silent (LinkNotice): nothing
 * has come back for some seconds although keys were typed and a probe was
 * sent.
 */
#ifndef CLIENT_LINK_H
#define CLIENT_LINK_H

struct interactive;
struct link;

/* NULL if the user does not want to know. */
struct link *link_new(struct interactive *i);
void link_free(struct link *l); /* NULL is fine */

/* Something that was typed goes to the server. NULL is fine. */
void link_typed(struct link *l);

#endif
