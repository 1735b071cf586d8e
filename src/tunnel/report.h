/*
 * report - tells what happens to a client to whoever has asked to be told:
 * scripts, service managers, people.
 */
#ifndef TUNNEL_REPORT_H
#define TUNNEL_REPORT_H

#include "tunnel/news.h"

struct conf;
struct err;
struct loop;
struct manager;
struct report;

/* conf is borrowed; the descriptors that it names are closed, for those who
 * write to them have copies. NULL with e set (ERR_LOCAL) if something cannot be
 * written to. */
struct report *report_new(struct loop *l, const struct conf *conf,
			  const struct manager *m, struct err *e);
void report_free(struct report *r); /* NULL is fine */

void report_tell(struct report *r, const struct news *n);

/* In every turn of the loop: something may have gone through a forwarding, and
 * we may be another process than before. */
void report_look(struct report *r);

/* The present state, for a person (SIGUSR1). */
void report_print(struct report *r);

#endif
