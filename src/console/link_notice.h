/*
 * link_notice - tells the user when the server has gone silent (LinkNotice):
 * nothing has come back for some seconds although keys were typed and a probe
 * was sent.
 */
#ifndef CONSOLE_LINK_NOTICE_H
#define CONSOLE_LINK_NOTICE_H

struct console;
struct link_notice;

/* NULL if the user does not want to know. */
struct link_notice *link_notice_new(struct console *c);
void link_notice_free(struct link_notice *l); /* NULL is fine */

/* Something that was typed goes to the server. NULL is fine. */
void link_notice_typed(struct link_notice *l);

#endif
