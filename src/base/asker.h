/*
 * asker - how a part of the program asks the user without knowing who does that
 * and where: hooks, which console/ implements (prompter.h).
 */
#ifndef BASE_ASKER_H
#define BASE_ASKER_H

#include <stdbool.h>

#include "base/step.h"

struct secret;

struct question {
	const char *text; /* fit for a terminal */
	bool echo;
	bool is_confirmation; /* the answer is "yes" or something else */
	bool is_notice; /* nothing is answered: it is shown until forgotten */
	bool at_once;   /* it cannot be waited for: block */
};

/* One who asks; one question of each is open at a time. */
struct asker {
	/* Is there anybody to ask? */
	bool (*can_ask)(void *arg);
	/* STEP_AGAIN: not answered yet, to be repeated with the same question.
	 * STEP_DONE: *ret_answer is owned by the caller. STEP_FAIL: there is
	 * none. */
	enum step (*ask)(void *arg, const struct question *q,
			 struct secret **ret_answer);
	/* The question that is open, if one is, has become useless. */
	void (*forget)(void *arg);
	void *arg;
};

/* Ask for a yes. STEP_AGAIN: as ask(). STEP_DONE: yes. STEP_FAIL: anything
 * else, or no answer. */
enum step asker_confirm(const struct asker *a, const char *text);

/* The same for a question of any kind. */
enum step asker_is_yes(const struct asker *a, const struct question *q);

#endif
