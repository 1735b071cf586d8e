/*
 * news - what happens to a client, as those are told who have asked to be.
 */
#ifndef TUNNEL_NEWS_H
#define TUNNEL_NEWS_H

#include <stdint.h>

struct client;
struct err;

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
	int signo;        /* EXIT: which we were sent and ended by; 0: none */
};

#endif
