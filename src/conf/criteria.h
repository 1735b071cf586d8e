/*
 * criteria - what a Match line asks, and whether it is so.
 */
#ifndef CONF_CRITERIA_H
#define CONF_CRITERIA_H

#include <stdbool.h>

struct args;
struct err;
struct line_origin;
struct strv;

/* What patterns are compared with. */
enum criteria_text {
	CRITERIA_HOST, /* the name to be reached, as far as it is known */
	CRITERIA_ORIGINAL_HOST,
	CRITERIA_USER,
	CRITERIA_LOCAL_USER,
	CRITERIA_TAG,     /* "" if there is none */
	CRITERIA_COMMAND, /* likewise */
	CRITERIA_VERSION,
	CRITERIA_SESSION_TYPE, /* shell, exec, subsystem, none */
};

#define CRITERIA_N_TEXTS (CRITERIA_SESSION_TYPE + 1)

struct criteria_facts {
	const char *texts[CRITERIA_N_TEXTS];
	bool is_second_pass;
	bool is_out; /* whatever the line says, its block does not count */
	/*
	 * exec: put tokens into the command, owned by the caller; NULL with
	 * e. And run it: does it succeed? Fails (ERR_LOCAL) if there is no
	 * saying. NULL: nothing is to be run, and no such line matches.
	 */
	char *(*expand)(void *arg, const char *command, struct err *e);
	int (*run)(void *arg, const char *command, bool *ret_yes,
		   struct err *e);
	void *arg;
	struct strv *hosts; /* gets what hosts are to be like; or NULL */
};

struct criteria_verdict {
	bool is_match;
	bool wants_second_pass; /* it asks for "final" */
};

/*
 * Judge the words of a Match line. All of them are checked, also behind one
 * that does not match, but no command is run there. Of a fault in the line
 * (ERR_CONF) e does not always say where it is, as in ssh; ERR_LOCAL is a
 * command that was no answer.
 */
int criteria_judge(struct args *a, const struct criteria_facts *facts,
		   const struct line_origin *at,
		   struct criteria_verdict *ret_verdict, struct err *e);

#endif
