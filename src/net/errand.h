/*
 * errand - work that waits for something, done by a copy of ourselves
 * (base/child.h) while the loop goes on.
 */
#ifndef NET_ERRAND_H
#define NET_ERRAND_H

#include <stddef.h>

#include "base/step.h"

struct buf;
struct errand;
struct loop;

struct errand_params {
	struct loop *loop;
	/* In the copy, with all signals blocked: writes what came of it to
	 * out. */
	void (*run)(void *work, int out);
	void *work;
	size_t max;              /* bytes of that */
	void (*wake)(void *arg); /* it is done */
	void *arg;
};

/* NULL if there can be no more processes: errno says why. */
struct errand *errand_new(const struct errand_params *p);
void errand_free(struct errand *e); /* ends it; NULL is fine */

/* STEP_DONE: what it has written, all of it or max bytes, is in *ret_bytes,
 * borrowed. */
enum step errand_step(struct errand *e, struct buf **ret_bytes);

#endif
