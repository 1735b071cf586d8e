/*
 * service - something that a job offers to what it runs, beside its input and
 * output. A row in job.c's table makes one.
 */
#ifndef JOB_SERVICE_H
#define JOB_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

struct job;

struct service {
	/* Ask for it on the job's channel, before its start. NULL: that was
	 * all, or it is not wanted, or cannot be, which was said. */
	void *(*begin)(struct job *j);
	/* Of what begin() returned; all NULL where that is always NULL. */
	bool (*step)(void *s); /* true: there is more to do at once */
	size_t (*connections)(const void *s);
	void (*free)(void *s);
};

extern const struct service x11_service, agent_service;

#endif
