/*
 * program - a program that is run for what it prints (base/child.h), while the
 * loop goes on. It reads nothing; what it has to complain about is shown.
 */
#ifndef NET_PROGRAM_H
#define NET_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/step.h"

struct buf;
struct loop;
struct program;

struct program_params {
	struct loop *loop;
	char *const *argv;
	size_t max;         /* bytes; who prints more is ended */
	int64_t timeout_ms; /* who takes longer is ended */
	void (*wake)(void *arg);
	void *arg;
};

enum program_end {
	PROGRAM_EXITED,
	PROGRAM_SIGNALED,
	PROGRAM_LATE,
	PROGRAM_VERBOSE, /* it has printed too much */
};

struct program_result {
	enum program_end end;
	int code;           /* exit status or signal */
	struct buf *output; /* borrowed */
};

/* NULL if it cannot be started: errno says why. p is copied, but for what it
 * points to, which is not needed afterwards. */
struct program *program_new(const struct program_params *p);
void program_free(struct program *p); /* ends it; NULL is fine */

/* STEP_DONE: it has ended. */
enum step program_step(struct program *p, struct program_result *ret_result);

#endif
