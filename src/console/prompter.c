#include "console/prompter.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "console/commands.h"
#include "console/internal.h"
#include "forward/stdio.h"
#include "term/asking.h"
#include "term/prompt.h"
#include "term/terminal.h"

struct prompter {
	struct prompter *next; /* in console->prompters */
	struct console *console;
	char *host;
	void (*wake)(void *arg);
	void *arg;
	unsigned long ticket;  /* its place in the queue; 0: has no question */
	struct asking *asking; /* NULL: not its turn yet */
	bool is_window;
	bool has_told;   /* a notice that stands on the terminal */
	bool is_holding; /* the session stands still */
	bool was_raw;
};

struct prompter *
prompter_new(struct console *c, const char *host, void (*wake)(void *arg),
	     void *arg)
{
	struct prompter *p = xcalloc(1, sizeof(*p));

	p->console = c;
	p->host = xstrdup(host);
	p->wake = wake;
	p->arg = arg;
	p->next = c->prompters;
	c->prompters = p;
	return p;
}

/* Whose turn it is, or NULL. */
static struct prompter *
first(const struct console *c)
{
	struct prompter *found = NULL;

	for (struct prompter *p = c->prompters; p != NULL; p = p->next)
		if (p->ticket != 0 &&
		    (found == NULL || p->ticket < found->ticket))
			found = p;
	return found;
}

/* Stop the session's own use of the terminal, or let it go on. */
static void
hold_session(struct prompter *p, bool on)
{
	struct console *c = p->console;
	struct err e = { .kind = ERR_NONE };

	p->is_holding = on;
	if (c->view.stdio != NULL) {
		stdio_pause_output(c->view.stdio, on);
		stdio_pause_input(c->view.stdio, on);
	}
	if (c->terminal == NULL)
		return;
	if (on) {
		p->was_raw = terminal_is_raw(c->terminal);
		terminal_leave(c->terminal);
	} else if (p->was_raw && !c->has_ended &&
		   terminal_enter(c->terminal, &e) != 0) {
		log_error("%s", e.text);
	}
}

bool
prompter_is_busy(const struct console *c)
{
	return first(c) != NULL;
}

/* With the host's name in front if others ask about other hosts. */
static char *
text_of(const struct prompter *p, const struct question *q)
{
	const struct prompter *other = p->console->prompters;

	while (other != NULL && strcmp(other->host, p->host) == 0)
		other = other->next;
	return other == NULL ? xstrdup(q->text)
			     : xasprintf("[%s] %s", p->host, q->text);
}

/* It is its turn. */
static int
start(struct prompter *p, const struct question *q, struct err *e)
{
	bool is_session = p->console->view.session != NULL;
	char *text = text_of(p, q);
	struct asking_params params = {
		.loop = p->console->loop,
		.text = text,
		.echo = q->echo,
		.is_apart = is_session,
		.wake = p->wake,
		.arg = p->arg,
	};

	log_stand(NULL);
	p->is_window = !prompt_uses_terminal();
	params.is_confirmation = q->is_confirmation && p->is_window;
	params.is_notice = q->is_notice;
	if (is_session && !p->is_window)
		hold_session(p, true);
	p->asking = asking_new(&params, e);
	free(text);
	return p->asking != NULL ? 0 : -1;
}

/* Give the terminal back to the session, and the turn to the next. */
static void
finish(struct prompter *p)
{
	const struct prompter *next;

	asking_free(p->asking);
	p->asking = NULL;
	p->ticket = 0;
	if (p->is_holding)
		hold_session(p, false);
	console_wake(p->console);
	next = first(p->console);
	if (next != NULL)
		next->wake(next->arg);
}

/* As ssh does: a window is for where nobody reads. */
static enum step
show(struct prompter *p, const struct question *q)
{
	struct err e = { .kind = ERR_NONE };

	if (p->has_told || p->asking != NULL)
		return STEP_AGAIN;
	p->has_told = true;
	if (isatty(STDERR_FILENO)) {
		log_info("%s", q->text);
	} else if (!prompt_uses_terminal()) {
		p->ticket = ++p->console->tickets;
		if (start(p, q, &e) != 0)
			log_debug("cannot tell: %s", e.text);
	}
	return STEP_AGAIN;
}

static enum step
ask_at_once(const struct question *q, struct secret **ret_answer)
{
	struct err e = { .kind = ERR_NONE };

	*ret_answer = prompt_ask(q->text, q->echo, &e);
	if (*ret_answer == NULL)
		log_debug("%s", e.text);
	return *ret_answer != NULL ? STEP_DONE : STEP_FAIL;
}

/* A window with two buttons gives an empty answer for yes, as for
 * ssh-agent. */
static void
spell_out(const struct prompter *p, const struct question *q,
	  struct secret **answer)
{
	if (!q->is_confirmation || !p->is_window || (*answer)->len > 0)
		return;
	secret_free(*answer);
	*answer = secret_new("yes", 3);
}

static enum step
ask(void *arg, const struct question *q, struct secret **ret_answer)
{
	struct prompter *p = arg;
	struct err e = { .kind = ERR_NONE };
	enum step step = STEP_FAIL;

	if (q->is_notice)
		return show(p, q);
	p->has_told = false;
	if (q->at_once)
		return ask_at_once(q, ret_answer);
	if (p->ticket == 0)
		p->ticket = ++p->console->tickets;
	if (p->asking == NULL &&
	    (first(p->console) != p || commands_is_editing(p->console)))
		return STEP_AGAIN;
	if (p->asking == NULL && start(p, q, &e) != 0)
		log_debug("cannot ask: %s", e.text);
	if (p->asking != NULL)
		step = asking_step(p->asking, ret_answer);
	if (step == STEP_AGAIN)
		return step;
	if (step == STEP_DONE)
		spell_out(p, q, ret_answer);
	finish(p);
	return step;
}

static void
forget(void *arg)
{
	struct prompter *p = arg;

	p->has_told = false;
	if (p->ticket != 0)
		finish(p);
}

static bool
can_ask(void *arg)
{
	const struct console *c = ((const struct prompter *)arg)->console;
	const struct prompter *asking = first(c);
	/* the terminal is with a child of ours now, and comes back */
	bool is_lent = asking != NULL && asking->asking != NULL;

	return asking_is_possible(c->view.session != NULL && !is_lent);
}

void
prompter_free(struct prompter *p)
{
	struct prompter **at;

	if (p == NULL)
		return;
	forget(p);
	at = &p->console->prompters;
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	free(p->host);
	free(p);
}

struct asker
prompter_asker(struct prompter *p)
{
	return (struct asker){
		.can_ask = can_ask,
		.ask = ask,
		.forget = forget,
		.arg = p,
	};
}
