#include "client/answers.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/xalloc.h"

/* For the secrets of a login, those of its jump hosts and their key files. */
#define LOCKED_BYTES 32768
#define LOCKED_LEAST 32

struct answer {
	struct answer *next;
	char *question;
	char *text; /* in locked memory, if the system lets us */
	size_t len;
	bool is_used; /* for the present connection */
};

struct answers {
	struct answer *first;
	bool keeps_secrets, is_closed, lacks_one;
};

struct answering {
	struct answers *answers;
	struct asker behind;
	bool is_asking; /* the other one, and it has not answered yet */
};

struct answers *
answers_new(bool keeps_secrets)
{
	struct answers *a = xcalloc(1, sizeof(*a));

	a->keeps_secrets = keeps_secrets;
	return a;
}

static void
forget_text(struct answer *one)
{
	OPENSSL_secure_clear_free(one->text, one->len + 1);
	one->text = NULL;
}

void
answers_free(struct answers *a)
{
	if (a == NULL)
		return;
	while (a->first != NULL) {
		struct answer *one = a->first;

		a->first = one->next;
		forget_text(one);
		free(one->question);
		free(one);
	}
	free(a);
}

void
answers_close(struct answers *a)
{
	a->is_closed = true;
}

void
answers_lock(const struct answers *a)
{
	for (const struct answer *one = a->first; one != NULL; one = one->next)
		if (one->text != NULL)
			(void)mlock(one->text, one->len + 1);
}

void
answers_rewind(struct answers *a)
{
	for (struct answer *one = a->first; one != NULL; one = one->next)
		one->is_used = false;
}

bool
answers_lack_one(const struct answers *a)
{
	return a->lacks_one;
}

static struct answer *
find(const struct answers *a, const char *question)
{
	struct answer *one = a->first;

	while (one != NULL && strcmp(one->question, question) != 0)
		one = one->next;
	return one;
}

/* Of several answers to a question the last one counts: those before it were
 * wrong. */
static void
keep(struct answers *a, const char *question, const struct secret *answer)
{
	struct answer *one = find(a, question);

	if (CRYPTO_secure_malloc_initialized() == 0)
		CRYPTO_secure_malloc_init(LOCKED_BYTES, LOCKED_LEAST);
	if (one == NULL) {
		one = xcalloc(1, sizeof(*one));
		one->question = xstrdup(question);
		one->next = a->first;
		a->first = one;
	} else {
		forget_text(one);
	}
	one->len = answer->len;
	one->text = OPENSSL_secure_malloc(one->len + 1);
	if (one->text == NULL) {
		a->lacks_one = true;
		return;
	}
	memcpy(one->text, answer->text, one->len + 1);
}

/* A yes is no secret: who it was said about is in the question. Nor is a
 * fingerprint, which may be typed instead. */
static bool
is_yes(const struct question *q, const struct secret *answer)
{
	return (q->is_confirmation || q->echo) &&
	       (strcmp(answer->text, "yes") == 0 ||
		str_starts(answer->text, "SHA256:"));
}

static void
note(struct answers *a, const struct question *q, const struct secret *answer)
{
	if (a->keeps_secrets || is_yes(q, answer))
		keep(a, q->text, answer);
	else
		a->lacks_one = true;
}

static enum step
repeat(struct answers *a, const struct question *q, struct secret **ret_answer)
{
	struct answer *one = find(a, q->text);

	if (one == NULL || one->text == NULL || one->is_used) {
		log_verbose("Not asked again: %s", q->text);
		return STEP_FAIL;
	}
	one->is_used = true;
	*ret_answer = secret_new(one->text, one->len);
	return STEP_DONE;
}

static bool
can_ask(void *arg)
{
	const struct answering *g = arg;

	return g->answers->is_closed ? g->answers->first != NULL
				     : g->behind.can_ask(g->behind.arg);
}

static enum step
ask(void *arg, const struct question *q, struct secret **ret_answer)
{
	struct answering *g = arg;
	enum step step;

	if (g->answers->is_closed && !g->is_asking && !q->is_notice)
		return repeat(g->answers, q, ret_answer);
	step = g->behind.ask(g->behind.arg, q, ret_answer);
	g->is_asking = step == STEP_AGAIN;
	if (step == STEP_DONE && !q->is_notice)
		note(g->answers, q, *ret_answer);
	return step;
}

static void
forget(void *arg)
{
	struct answering *g = arg;

	g->is_asking = false;
	g->behind.forget(g->behind.arg);
}

struct answering *
answering_new(struct answers *a, struct asker behind)
{
	struct answering *g = xcalloc(1, sizeof(*g));

	g->answers = a;
	g->behind = behind;
	return g;
}

void
answering_free(struct answering *g)
{
	free(g);
}

struct asker
answering_asker(struct answering *g)
{
	return (struct asker){
		.can_ask = can_ask,
		.ask = ask,
		.forget = forget,
		.arg = g,
	};
}
