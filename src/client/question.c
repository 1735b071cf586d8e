#include "client/question.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "client/commands.h"
#include "client/internal.h"
#include "client/terminal_state.h"
#include "conf/conf.h"
#include "forward/stdio.h"
#include "term/asking.h"
#include "term/prompt.h"
#include "term/terminal.h"

struct question {
	struct client *client;
	struct asking *asking; /* NULL: answered */
	bool is_window;
	bool was_raw;
	enum step answer;
};

bool
question_must_wait(const struct client *c)
{
	return c->has_question ||
	       (c->interactive != NULL && commands_is_editing(c->interactive));
}

/* Stop the session's own use of the terminal, or let it go on. */
static void
hold_session(struct question *q, bool on)
{
	struct interactive *i = q->client->interactive;
	struct err e = { .kind = ERR_NONE };

	if (q->client->stdio != NULL) {
		stdio_pause_output(q->client->stdio, on);
		stdio_pause_input(q->client->stdio, on);
	}
	if (i == NULL)
		return;
	if (on) {
		q->was_raw = terminal_is_raw(i->terminal);
		terminal_leave(i->terminal);
	} else if (q->was_raw && !i->has_ended &&
		   terminal_enter(i->terminal, &e) != 0) {
		log_error("%s", e.text);
	}
}

static struct asking *
ask(struct question *q, const char *text)
{
	struct asking_params p = {
		.loop = q->client->loop,
		.text = text,
		.echo = true,
		.is_confirmation = q->is_window,
		.is_apart = true,
		.wake = client_wake,
		.arg = q->client,
	};
	struct err e = { .kind = ERR_NONE };
	struct asking *asking = asking_new(&p, &e);

	if (asking == NULL)
		log_debug("cannot ask: %s", e.text);
	return asking;
}

struct question *
question_new(struct client *c, const char *text)
{
	struct question *q;

	if (c->conf->batch_mode || !prompt_is_possible())
		return NULL;
	q = xcalloc(1, sizeof(*q));
	q->client = c;
	q->is_window = !prompt_uses_terminal();
	q->answer = STEP_AGAIN;
	c->has_question = true;
	if (!q->is_window)
		hold_session(q, true);
	q->asking = ask(q, text);
	if (q->asking == NULL) {
		question_free(q);
		return NULL;
	}
	return q;
}

/* Give the terminal back to the session. */
static void
finish(struct question *q)
{
	asking_free(q->asking);
	q->asking = NULL;
	q->client->has_question = false;
	if (!q->is_window)
		hold_session(q, false);
	client_wake(q->client);
}

/* A window with two buttons gives an empty answer for yes, as for
 * ssh-agent. */
static bool
is_yes(const struct secret *answer, bool is_window)
{
	return strcasecmp(answer->text, "yes") == 0 ||
	       (is_window && answer->len == 0);
}

enum step
question_step(struct question *q)
{
	struct secret *answer = NULL;
	enum step step;

	if (q->answer != STEP_AGAIN)
		return q->answer;
	step = asking_step(q->asking, &answer);
	if (step == STEP_AGAIN)
		return step;
	q->answer = step == STEP_DONE && is_yes(answer, q->is_window)
			? STEP_DONE
			: STEP_FAIL;
	secret_free(answer);
	finish(q);
	return q->answer;
}

void
question_free(struct question *q)
{
	if (q == NULL)
		return;
	if (q->answer == STEP_AGAIN)
		finish(q);
	free(q);
}
