#include "mux/visitor.h"

#include <stdlib.h>
#include <time.h>

#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "client/guests.h"
#include "console/prompter.h"
#include "mux/mailbox.h"
#include "mux/request.h"
#include "mux/shared_proxy.h"
#include "mux/visitor_state.h"

/* So that a client that asks and asks leaves the others their turn. */
#define REQUESTS_AT_ONCE 16

static void
say_hello(struct visitor *v)
{
	struct mux_packet p = { .type = MUX_HELLO, .value = MUX_VERSION };

	strv_add(&p.extensions, MUX_EXTENSION_INFO);
	mailbox_put(v->mail, &p);
	mux_packet_clear(&p);
}

struct visitor *
visitor_new(struct visitors *all, int fd, pid_t pid, struct err *e)
{
	struct visitor *v = xcalloc(1, sizeof(*v));

	v->all = all;
	v->pid = pid;
	for (size_t i = 0; i < SHARED_JOB_FDS; i++)
		v->fds[i] = -1;
	v->mail = mailbox_new(all->ground->loop, fd, all->ground->wake,
			      all->ground->arg, e);
	if (v->mail == NULL) {
		visitor_free(v);
		return NULL;
	}
	say_hello(v);
	return v;
}

void
visitor_free(struct visitor *v)
{
	if (v == NULL)
		return;
	shared_job_free(v->job);
	shared_proxy_free(v->proxy);
	request_forget(v);
	prompter_free(v->prompter);
	mailbox_free(v->mail);
	free(v);
}

/* Deal with a request. STEP_AGAIN: that is all for now. */
static enum step
listen_to(struct visitor *v, struct err *e)
{
	enum step step = STEP_DONE;

	if (!v->has_request) {
		/* who does not take its answers gets no more of them */
		if (v->is_done || v->proxy != NULL ||
		    !mailbox_is_empty(v->mail))
			return STEP_AGAIN;
		step = mailbox_take(v->mail, &v->request, e);
		if (step != STEP_DONE)
			return step;
		v->has_request = true;
	}
	step = request_answer(v, e);
	if (step == STEP_DONE)
		request_forget(v);
	if (step == STEP_AGAIN && mailbox_is_abandoned(v->mail))
		return STEP_FAIL;
	return step;
}

static bool
listen(struct visitor *v)
{
	struct err e = { .kind = ERR_NONE };
	enum step step = STEP_DONE;

	for (int i = 0; i < REQUESTS_AT_ONCE && step == STEP_DONE; i++)
		step = listen_to(v, &e);
	if (step == STEP_AGAIN && v->proxy != NULL && !v->is_done)
		step = shared_proxy_step(v->proxy, &e);
	if (step == STEP_FAIL) {
		if (e.kind != ERR_NONE)
			log_error("a client of the shared connection was sent "
				  "away: %s",
				  e.text);
		v->is_done = v->is_gone = true;
	}
	return step == STEP_DONE;
}

/* Its session is over: with a status, or with none. */
static void
end_session(struct visitor *v)
{
	struct err e = { .kind = ERR_NONE };
	struct mux_packet p = {
		.type = MUX_S_EXIT_MESSAGE,
		.id = v->session,
	};
	int status;

	if (shared_job_status(v->job, &status, &e)) {
		p.value = (uint32_t)status;
		if (!shared_job_is_stdio(v->job))
			mailbox_put(v->mail, &p);
	} else if (e.kind != ERR_NONE) {
		shared_job_tell(v->job, e.text);
	}
	v->is_done = true;
}

static bool
serve(struct visitor *v)
{
	const struct mux_packet failure = {
		.type = MUX_S_TTY_ALLOC_FAIL,
		.id = v->session,
	};
	bool more = shared_job_step(v->job);

	if (!v->is_open || v->is_done)
		return more;
	if (!v->has_told && shared_job_lacks_terminal(v->job)) {
		v->has_told = true;
		mailbox_put(v->mail, &failure);
	}
	if (shared_job_is_over(v->job))
		end_session(v);
	return more;
}

bool
visitor_step(struct visitor *v)
{
	bool more = listen(v);

	if (v->job != NULL && serve(v))
		more = true;
	return more;
}

bool
visitor_is_over(const struct visitor *v)
{
	return v->is_gone || (v->is_done && mailbox_is_empty(v->mail));
}

struct shared_job *
visitor_take_leftover(struct visitor *v)
{
	struct shared_job *job = v->job;

	if (job == NULL || !shared_job_is_in_use(job))
		return NULL;
	v->job = NULL;
	shared_job_abandon(job);
	return job;
}

void
visitor_tell(const struct visitor *v, const char *why)
{
	if (v->job != NULL && v->is_open && !v->is_done)
		shared_job_tell(v->job, why);
}
