/*
 * internal - what the files of job/ share and nobody else sees.
 */
#ifndef JOB_INTERNAL_H
#define JOB_INTERNAL_H

#include "job/job.h"
#include "job/service.h"

#define JOB_SERVICES 4

struct loop_timer;

struct job {
	struct job_params params;
	struct channel *channel;
	bool is_requested;
	void *services[JOB_SERVICES]; /* as the table; NULL: none */
	struct stdio *stdio;
	struct loop_timer *patience; /* runs once nothing is left to be said */
	bool is_late;
};

void job_wake(void *arg);

#endif
