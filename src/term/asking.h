/*
 * asking - a question that blocks nothing: a child process asks it, as prompt.h
 * does, and the answer comes through a pipe.
 *
 * As a rule the child shares our process group, and so the terminal (which a
 * program of askpass's kind may use, too) and its signals: ^C and its like end
 * it first, which puts the terminal right, and then us; ^Z stops both, and the
 * question is asked again afterwards.
 */
#ifndef TERM_ASKING_H
#define TERM_ASKING_H

#include <stdbool.h>

#include "base/step.h"

struct asking;
struct err;
struct loop;
struct secret;

struct asking_params {
	struct loop *loop;
	const char *text; /* copied; the caller has made it visible */
	bool echo;
	/* A yes or no, for a window with two buttons (SSH_ASKPASS_PROMPT); an
	 * empty answer then means yes. */
	bool is_confirmation;
	bool is_notice; /* a window without an answer */
	/* ^C is to end the question, not us: the child is a process group of
	 * its own, to which the terminal belongs meanwhile. */
	bool is_apart;
	void (*wake)(void *arg); /* there is an answer */
	void *arg;
};

/* Is there anybody to ask, and the terminal, if it is to be lent, ours? */
bool asking_is_possible(bool is_apart);

/* NULL with e set (ERR_LOCAL) if nobody can be asked, or if the terminal that
 * is to be the child's is another program's now. */
struct asking *asking_new(const struct asking_params *p, struct err *e);

/* STEP_DONE: *ret_answer is owned by the caller. STEP_FAIL: there is none. The
 * child is over then. */
enum step asking_step(struct asking *a, struct secret **ret_answer);

/* Withdraws the question if it is still open. NULL is fine. */
void asking_free(struct asking *a);

#endif
