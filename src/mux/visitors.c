#include "mux/visitors.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/peer_user.h"
#include "base/xalloc.h"
#include "console/prompter.h"
#include "mux/shared_job.h"
#include "mux/visitor.h"
#include "mux/visitor_state.h"

/* A session without its client. */
struct leftover {
	struct leftover *next;
	struct shared_job *job;
	struct prompter *prompter; /* by which it asks the user */
};

static void
free_leftover(struct leftover *l)
{
	shared_job_free(l->job);
	prompter_free(l->prompter);
	free(l);
}

/* The socket's file lets in only its user; who gets at it in another way is
 * sent away. The superuser may do everything anyway. */
static bool
is_welcome(int fd, pid_t *ret_pid)
{
	uid_t uid;

	if (peer_user(fd, &uid, ret_pid) != 0)
		return false;
	if (uid == getuid() || uid == 0)
		return true;
	log_error("multiplex uid mismatch: peer euid %u != uid %u",
		  (unsigned int)uid, (unsigned int)getuid());
	return false;
}

void
visitors_admit(struct visitors *all, int fd)
{
	struct err e = { .kind = ERR_NONE };
	struct visitor **at = &all->first;
	struct visitor *v;
	pid_t pid;

	if (!is_welcome(fd, &pid)) {
		close(fd);
		return;
	}
	v = visitor_new(all, fd, pid, &e);
	if (v == NULL) {
		log_error("%s", e.text);
		return;
	}
	while (*at != NULL)
		at = &(*at)->next;
	*at = v;
	all->count++;
}

static void
remove_visitor(struct visitors *all, struct visitor **at)
{
	struct visitor *v = *at;
	struct shared_job *job = visitor_take_leftover(v);

	if (job != NULL) {
		struct leftover *l = xcalloc(1, sizeof(*l));

		l->job = job;
		l->prompter = v->prompter;
		v->prompter = NULL;
		l->next = all->leftovers;
		all->leftovers = l;
	}
	*at = v->next;
	all->count--;
	visitor_free(v);
}

static bool
step_leftovers(struct visitors *all)
{
	struct leftover **at = &all->leftovers;
	bool more = false;

	while (*at != NULL) {
		struct leftover *l = *at;

		if (shared_job_step(l->job))
			more = true;
		if (shared_job_is_in_use(l->job)) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		free_leftover(l);
	}
	return more;
}

bool
visitors_step(struct visitors *all)
{
	struct visitor **at = &all->first;
	bool more = false;

	while (*at != NULL) {
		if (visitor_step(*at))
			more = true;
		if (visitor_is_over(*at))
			remove_visitor(all, at);
		else
			at = &(*at)->next;
	}
	return step_leftovers(all) || more;
}

void
visitors_resize(struct visitors *all)
{
	for (struct visitor *v = all->first; v != NULL; v = v->next)
		if (v->job != NULL)
			shared_job_resize(v->job);
}

bool
visitors_are_busy(const struct visitors *all)
{
	return all->first != NULL || all->leftovers != NULL;
}

void
visitors_turn_out(struct visitors *all, const char *why)
{
	while (all->first != NULL) {
		struct visitor *v = all->first;

		if (why != NULL)
			visitor_tell(v, why);
		all->first = v->next;
		visitor_free(v);
	}
	all->count = 0;
	while (all->leftovers != NULL) {
		struct leftover *l = all->leftovers;

		all->leftovers = l->next;
		free_leftover(l);
	}
}
