/* What was answered once: when it is asked again, answered again, or neither.
 */
#include "client/answers.h"

#include <stdlib.h>

#include "base/secret.h"
#include "tap.h"

#define STEPS_MAX 9

/* What the user would say now, and how often there was a question. */
struct user {
	const char *says; /* NULL: takes time */
	int asked, forgotten;
};

static bool
can_ask(void *arg)
{
	(void)arg;
	return true;
}

static enum step
ask(void *arg, const struct question *q, struct secret **ret_answer)
{
	struct user *u = arg;

	(void)q;
	u->asked++;
	if (u->says == NULL)
		return STEP_AGAIN;
	*ret_answer = secret_new(u->says, strlen(u->says));
	return STEP_DONE;
}

static void
forget(void *arg)
{
	((struct user *)arg)->forgotten++;
}

enum kind {
	END,
	SECRET,  /* a question whose answer is hidden */
	CONFIRM, /* one to be answered by yes */
	CLOSE,   /* there was a connection: nothing is asked any more */
	REWIND,  /* another one is made */
	LACKS,   /* expected: an answer was not kept */
	LACKS_NONE,
};

/* What is asked, what the user would say, and what the answer is: NULL for
 * none. */
struct step_row {
	enum kind kind;
	const char *question, *says, *want;
};

static const struct {
	const char *name;
	bool keeps_secrets;
	struct step_row steps[STEPS_MAX];
} cases[] = {
	{ "secrets are kept if they shall be",
	  true,
	  { { SECRET, "password?", "one", "one" },
	    { CLOSE, NULL, NULL, NULL },
	    { REWIND, NULL, NULL, NULL },
	    { SECRET, "password?", "other", "one" },
	    { REWIND, NULL, NULL, NULL },
	    { SECRET, "password?", "other", "one" },
	    { LACKS_NONE, NULL, NULL, NULL } } },
	{ "and else not",
	  false,
	  { { SECRET, "password?", "one", "one" },
	    { LACKS, NULL, NULL, NULL },
	    { CLOSE, NULL, NULL, NULL },
	    { REWIND, NULL, NULL, NULL },
	    { SECRET, "password?", "other", NULL } } },
	{ "the last of several counts",
	  true,
	  { { SECRET, "password?", "wrong", "wrong" },
	    { SECRET, "password?", "a longer one", "a longer one" },
	    { CLOSE, NULL, NULL, NULL },
	    { REWIND, NULL, NULL, NULL },
	    { SECRET, "password?", "", "a longer one" } } },
	{ "none is given twice to one connection",
	  true,
	  { { SECRET, "password?", "one", "one" },
	    { CLOSE, NULL, NULL, NULL },
	    { REWIND, NULL, NULL, NULL },
	    { SECRET, "password?", "other", "one" },
	    { SECRET, "password?", "other", NULL } } },
	{ "a yes is kept always",
	  false,
	  { { CONFIRM, "go on?", "yes", "yes" },
	    { LACKS_NONE, NULL, NULL, NULL },
	    { CLOSE, NULL, NULL, NULL },
	    { REWIND, NULL, NULL, NULL },
	    { CONFIRM, "go on?", "no", "yes" } } },
	{ "a fingerprint, too",
	  false,
	  { { CONFIRM, "go on?", "SHA256:abc", "SHA256:abc" },
	    { LACKS_NONE, NULL, NULL, NULL },
	    { CLOSE, NULL, NULL, NULL },
	    { REWIND, NULL, NULL, NULL },
	    { CONFIRM, "go on?", "no", "SHA256:abc" } } },
	{ "a secret that is a yes is still one",
	  false,
	  { { SECRET, "password?", "yes", "yes" },
	    { LACKS, NULL, NULL, NULL },
	    { CLOSE, NULL, NULL, NULL },
	    { REWIND, NULL, NULL, NULL },
	    { SECRET, "password?", "yes", NULL } } },
	{ "each question by itself",
	  true,
	  { { SECRET, "one?", "1", "1" },
	    { SECRET, "two?", "2", "2" },
	    { CLOSE, NULL, NULL, NULL },
	    { REWIND, NULL, NULL, NULL },
	    { SECRET, "two?", "", "2" },
	    { SECRET, "one?", "", "1" },
	    { SECRET, "one? ", "3", NULL } } },
	{ "before it is closed everything is asked",
	  true,
	  { { SECRET, "password?", "one", "one" },
	    { REWIND, NULL, NULL, NULL },
	    { SECRET, "password?", "other", "other" } } },
	{ "no answer is one, too",
	  true,
	  { { SECRET, "password?", "", "" },
	    { CLOSE, NULL, NULL, NULL },
	    { REWIND, NULL, NULL, NULL },
	    { SECRET, "password?", "x", "" } } },
};

#define N_CASES (sizeof(cases) / sizeof(cases[0]))

static bool
get(const struct asker *a, const struct step_row *row)
{
	const struct question q = { .text = row->question,
				    .is_confirmation = row->kind == CONFIRM };
	struct secret *answer = NULL;
	enum step step = a->ask(a->arg, &q, &answer);
	bool is_right = row->want == NULL
			    ? step == STEP_FAIL && answer == NULL
			    : step == STEP_DONE && answer != NULL &&
				  strcmp(answer->text, row->want) == 0;

	secret_free(answer);
	return is_right;
}

static bool
take(struct answers *a, const struct asker *asker, const struct step_row *row)
{
	switch (row->kind) {
	case SECRET:
	case CONFIRM:
		return get(asker, row);
	case CLOSE:
		answers_close(a);
		break;
	case REWIND:
		answers_rewind(a);
		break;
	case LACKS:
		return answers_lack_one(a);
	case LACKS_NONE:
		return !answers_lack_one(a);
	case END:
		break;
	}
	return true;
}

static void
test_case(size_t n)
{
	struct user u = { .asked = 0 };
	const struct asker behind = { can_ask, ask, forget, &u };
	struct answers *a = answers_new(cases[n].keeps_secrets);
	struct answering *g = answering_new(a, behind);
	const struct asker asker = answering_asker(g);
	bool is_right = true;

	for (size_t i = 0; is_right && cases[n].steps[i].kind != END; i++) {
		u.says = cases[n].steps[i].says;
		is_right = take(a, &asker, &cases[n].steps[i]);
	}
	ok(is_right, "%s", cases[n].name);
	answering_free(g);
	answers_free(a);
}

/* A question that was open when it was closed is still the user's. */
static void
test_open(void)
{
	struct user u = { .says = NULL };
	const struct asker behind = { can_ask, ask, forget, &u };
	struct answers *a = answers_new(true);
	struct answering *g = answering_new(a, behind);
	const struct asker asker = answering_asker(g);
	const struct question q = { .text = "password?" };
	const struct question notice = { .text = "touch it",
					 .is_notice = true };
	struct secret *answer = NULL;

	ok(asker.ask(asker.arg, &q, &answer) == STEP_AGAIN, "it takes time");
	answers_close(a);
	u.says = "one";
	ok(asker.ask(asker.arg, &q, &answer) == STEP_DONE && u.asked == 2,
	   "who is being asked may answer");
	secret_free(answer);
	ok(asker.ask(asker.arg, &notice, &answer) == STEP_DONE && u.asked == 3,
	   "notices are shown");
	secret_free(answer);
	asker.forget(asker.arg);
	ok(u.forgotten == 1, "and forgotten");
	answering_free(g);
	answers_free(a);
}

int
main(void)
{
	for (size_t i = 0; i < N_CASES; i++)
		test_case(i);
	test_open();
	return done_testing();
}
