/*
 * ready - ReadyFd: one line of JSON with the ports that are listened at, once
 * everything is there.
 */
#ifndef TUNNEL_READY_H
#define TUNNEL_READY_H

struct client_facts;
struct conf;
struct err;
struct loop;
struct ready;

/* conf says ReadyFd. NULL with e set (ERR_LOCAL) if it cannot be written to. */
struct ready *ready_new(struct loop *l, const struct conf *conf, struct err *e);
void ready_free(struct ready *r); /* NULL is fine */

/* It is; and whoever reads sees the end after that. */
void ready_tell(struct ready *r, const struct client_facts *facts);

/* It never will be: whoever reads sees the end without a line. */
void ready_give_up(struct ready *r);

#endif
