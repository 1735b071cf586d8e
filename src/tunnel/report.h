/*
 * report - tells what happens to a client to whoever has asked to be told:
 * scripts, service managers, people.
 */
#ifndef TUNNEL_REPORT_H
#define TUNNEL_REPORT_H

#include <stdint.h>

struct client;
struct conf;
struct err;
struct loop;
struct report;

enum news_kind {
	NEWS_CONNECTING,
	NEWS_CONNECTED,
	NEWS_HOST_KEY,
	NEWS_LOGGED_IN,
	NEWS_FORWARDS, /* the phase of one has changed */
	NEWS_READY,
	NEWS_SILENT,
	NEWS_HEARD,
	NEWS_LOST,     /* err says why */
	NEWS_RETRYING, /* after delay_ms; err says why */
	NEWS_EXIT,     /* with status; err says why, if it is a failure */
};

struct news {
	enum news_kind kind;
	const struct client *client; /* its facts, as of now */
	const struct err *err;       /* NULL: nothing went wrong */
	int64_t delay_ms;
	unsigned attempt; /* CONNECTING: the how manieth since the last loss */
	int status;       /* what the program will exit with */
};

/* conf is borrowed. NULL with e set (ERR_LOCAL) if a file cannot be opened. */
struct report *report_new(struct loop *l, const struct conf *conf,
			  struct err *e);
void report_free(struct report *r); /* NULL is fine */

void report_tell(struct report *r, const struct news *n);

/* The present state, for a person (SIGUSR1). */
void report_print(const struct report *r);

#endif
