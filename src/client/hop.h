/*
 * hop - a jump host: a connection without a job, one of whose channels is the
 * next one's way (ProxyJump). It may itself be reached through others.
 *
 * It lives in turns of its own, and tells of its failure itself, as the ssh
 * does that ssh starts for it; whoever is behind it sees a connection that was
 * closed.
 */
#ifndef CLIENT_HOP_H
#define CLIENT_HOP_H

#include <stdbool.h>

#include "base/step.h"

struct conf;
struct answers;
struct console;
struct err;
struct hop;
struct loop;
struct stream;
struct target;

struct hop_params {
	struct loop *loop;
	struct console *console;
	struct answers *answers;     /* of all hosts on the way */
	const struct conf *conf;     /* of the host behind it; outlives it */
	const struct target *target; /* whose keys are the hops', too */
	int depth;                   /* of those that lead to the same target */
	void (*wake)(void *arg); /* a step may get further; and the stream's */
	void *arg;
};

/* The last of the jump hosts of p->conf, which must have one, and all that are
 * on the way to it. NULL with e set if the configuration of one is wrong. */
struct hop *hop_new(const struct hop_params *p, struct err *e);

/* After the stream over it; NULL is fine. */
void hop_free(struct hop *h);

/* Why it, or one before it, has failed; it was told. NULL: it did not.
 * Borrowed, until it begins again. */
const struct err *hop_failure(const struct hop *h);

/* There is reason to doubt that it is there: look at once. */
void hop_examine(struct hop *h);

/*
 * Another way is wanted, and nobody uses the one before. Those who still work
 * stay; from the first on who does not, all are reached again. How much is
 * known of them?
 */
enum hop_doubt {
	HOP_TRUSTED, /* who has failed has noticed */
	HOP_DOUBTED, /* one of them may be gone without a word */
	HOP_GIVEN_UP,
};
void hop_begin_again(struct hop *h, enum hop_doubt doubt);

/* Whom the way waits for, and for what; for a person. */
const char *hop_waits_for(const struct hop *h, const char **ret_host);

/* STEP_DONE: *ret_stream, which is the caller's, leads to the host behind it.
 * Once that is freed, another may be asked for. STEP_FAIL: e says what ssh
 * sees of it. */
enum step hop_step(struct hop *h, struct stream **ret_stream, struct err *e);

#endif
