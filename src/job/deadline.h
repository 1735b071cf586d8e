/*
 * deadline - a command that may not take for ever: CommandTimeout ends it, with
 * signals first, and ExitGrace leaves those behind that it left behind.
 *
 * It asks nothing of the server but what it may ignore, and is over in any
 * case.
 */
#ifndef JOB_DEADLINE_H
#define JOB_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

struct channel;
struct conf;
struct deadline;
struct loop;

/* All are borrowed, and outlive it. */
struct deadline_params {
	struct loop *loop;
	const struct conf *conf;
	struct channel *channel; /* on which something is to be started */
	const char *command;     /* NULL: a shell */
	bool has_terminal;
	void (*wake)(void *arg); /* a step may get further */
	void *arg;
};

/* From now on, when the server has been asked: who never answers is not waited
 * for, either. NULL: there is none. */
struct deadline *deadline_new(const struct deadline_params *p);
void deadline_free(struct deadline *d); /* NULL is fine, as below */

/* The server says that it was started. */
void deadline_confirm(struct deadline *d);

/* Look at how far the command is. */
void deadline_step(struct deadline *d);

/* Is nobody waited for any more, neither the server nor our reader? */
bool deadline_is_over(const struct deadline *d);

/* Did the command take too long? */
bool deadline_has_passed(const struct deadline *d);

/* CommandTimeout in milliseconds, for this command (NULL: a shell); -1: it has
 * none. A shell at a terminal is somebody's. */
int64_t deadline_of(const struct conf *o, const char *command,
		    bool has_terminal);

/* Tell that it took too long. */
void deadline_tell(const struct conf *o, const char *command);

/* What a command's end is then: as timeout(1) has it. */
#define DEADLINE_STATUS 124

#endif
