/*
 * service - something that a job offers to what it runs, beside its input and
 * output. A row in job.c's table makes one.
 */
#ifndef JOB_SERVICE_H
#define JOB_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/step.h"

struct channel;
struct job_params;

struct service {
	/* Ask for it on the job's channel, before its start; both outlive it.
	 * NULL: that was all, or it is not wanted, or cannot be, which was
	 * said. */
	void *(*begin)(const struct job_params *p, struct channel *c);
	/* Of what begin() returned; all NULL where that is always NULL. */

	/* NULL, or: not all was asked for at once. STEP_AGAIN: nothing else may
	 * be, until this says STEP_DONE, or STEP_FAIL: then it is freed. */
	enum step (*ready)(void *s);
	bool (*step)(void *s); /* true: there is more to do at once */
	size_t (*connections)(const void *s);
	void (*free)(void *s);
};

extern const struct service x11_service, agent_service;

#endif
