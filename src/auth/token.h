/*
 * token - smartcards and their like (PKCS11Provider): a copy of ourselves that
 * loads the library, and speaks the agent protocol with us. So a library that
 * takes its time, or crashes, stops nobody else.
 */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include <stdbool.h>

#include "base/step.h"

struct agent_job;
struct agent_keys;
struct buf;
struct err;
struct loop;
struct secret;
struct token;

/* NULL with e set if there can be no copy. wake(arg) as for agent_new(). */
struct token *token_new(struct loop *l, const char *library,
			void (*wake)(void *arg), void *arg, struct err *e);
void token_free(struct token *t); /* NULL is fine */

/* As agent.h's; a comment is the key's name, and a tab and the token's if that
 * may be given a PIN. */
enum step token_list(struct token *t, struct agent_keys *ret_keys,
		     struct err *e);
enum step token_sign(struct token *t, const struct agent_job *job,
		     struct buf *sig, struct err *e);

/* The token of that name has not been given a PIN yet: an attempt to sign may
 * have failed because of that. */
bool token_may_want_pin(const struct token *t, const char *name);

/* Give it one; after that it is not asked for again, whatever comes of it:
 * three wrong ones make a card useless. */
enum step token_log_in(struct token *t, const char *name,
		       const struct secret *pin, struct err *e);

#endif
