#include "tunnel/takeover.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "forward/forward_state.h"
#include "forward/forwards.h"
#include "tunnel/server_identity.h"
#include "tunnel/side_command.h"

/* What may still hold ports: a session may end before its predecessor. */
#define KNOWN_MAX 4
#define PATIENCE_MS 5000
#define END_PATIENCE_MS 15000

struct takeover {
	struct loop *loop;
	void (*wake)(void *arg);
	void *arg;
	struct server_identity known[KNOWN_MAX]; /* the oldest is the first */
	size_t n_known;

	/* Of this session. */
	struct side_command *command; /* that runs; or NULL */
	bool is_ending;               /* the first of the known */
	bool has_learned;             /* the last of them is the present one */
	bool has_nobody;              /* nothing is listened for there */
	bool is_hopeless;             /* commands are of no use */

	bool has_told; /* why they are not */
};

struct takeover *
takeover_new(struct loop *l, void (*wake)(void *arg), void *arg)
{
	struct takeover *t = xcalloc(1, sizeof(*t));

	t->loop = l;
	t->wake = wake;
	t->arg = arg;
	return t;
}

void
takeover_free(struct takeover *t)
{
	if (t == NULL)
		return;
	side_command_free(t->command);
	free(t);
}

/* What the server has to be asked for now. */
struct need {
	bool is_there, is_waiting; /* a -R */
};

static void
look_at(void *arg, const struct forward_state *s)
{
	struct need *n = arg;

	if (s->kind != FORWARD_REMOTE && s->kind != FORWARD_REMOTE_DYNAMIC)
		return;
	n->is_there = true;
	n->is_waiting = n->is_waiting || s->phase == FORWARD_WAITING;
}

static void
begin(struct takeover *t, struct session *session, const char *command,
      int64_t patience_ms)
{
	const struct side_command_params p = {
		.loop = t->loop,
		.session = session,
		.command = command,
		.patience_ms = patience_ms,
		.wake = t->wake,
		.arg = t->arg,
	};

	t->command = side_command_new(&p);
}

/* Those that are not the present one. */
static size_t
count_old(const struct takeover *t)
{
	return t->n_known - t->has_learned;
}

static void
begin_what_is_due(struct takeover *t, struct session *session,
		  const struct forwards *forwards)
{
	struct need need = { false, false };
	char *command;

	forwards_each(forwards, look_at, &need);
	t->is_ending = need.is_waiting && t->has_learned && count_old(t) > 0;
	t->has_nobody = !need.is_there;
	if (t->is_ending) {
		command = server_identity_end_command(&t->known[0]);
		begin(t, session, command, END_PATIENCE_MS);
		free(command);
	} else if (need.is_there && !t->has_learned) {
		begin(t, session, server_identity_command(), PATIENCE_MS);
	}
}

static void
give_up(struct takeover *t, const char *why)
{
	char *shown = str_visible_line(why, strlen(why));

	t->is_hopeless = true;
	if (!t->has_told)
		log_info("TakeOverListener: no process can be recognised on "
			 "the server: %s",
			 shown);
	t->has_told = true;
	free(shown);
}

static void
forget_first(struct takeover *t)
{
	t->n_known--;
	memmove(&t->known[0], &t->known[1], t->n_known * sizeof(t->known[0]));
}

static void
learn(struct takeover *t, const struct buf *output)
{
	struct server_identity identity;

	if (server_identity_parse(output->data, output->len, &identity) != 0) {
		give_up(t, "its answer is not understood");
		return;
	}
	if (t->n_known == KNOWN_MAX)
		forget_first(t);
	log_debug("TakeOverListener: process %lld of the server listens for us",
		  identity.pid);
	t->known[t->n_known++] = identity;
	t->has_learned = true;
}

/* Is it time to ask again? */
static bool
note_end(struct takeover *t, const struct buf *output)
{
	long long pid = t->known[0].pid;
	enum server_end end =
	    server_identity_end_parse(output->data, output->len);

	forget_first(t);
	switch (end) {
	case SERVER_END_DONE:
		log_info("TakeOverListener: process %lld of the server, which "
			 "listened for the connection before, was ended.",
			 pid);
		return true;
	case SERVER_END_GONE:
	case SERVER_END_OTHER:
		log_verbose("TakeOverListener: process %lld of the server, "
			    "which was ours, is not there any more.",
			    pid);
		break;
	case SERVER_END_DENIED:
	case SERVER_END_STUCK:
		log_info("TakeOverListener: process %lld of the server cannot "
			 "be ended.",
			 pid);
		break;
	case SERVER_END_NONSENSE:
		log_info("TakeOverListener: the server's answer is not "
			 "understood.");
		break;
	}
	return false;
}

/* Go on with what runs. */
static bool
step_command(struct takeover *t)
{
	struct err e = { .kind = ERR_NONE };
	const struct buf *output;
	enum step step = side_command_step(t->command, &output, &e);
	bool has_ended = false;

	if (step == STEP_AGAIN)
		return false;
	if (step == STEP_FAIL)
		give_up(t, e.text);
	else if (t->is_ending)
		has_ended = note_end(t, output);
	else
		learn(t, output);
	side_command_free(t->command);
	t->command = NULL;
	return has_ended;
}

bool
takeover_step(struct takeover *t, struct session *session,
	      const struct forwards *forwards)
{
	bool has_ended = false;

	if (session == NULL) {
		side_command_free(t->command);
		t->command = NULL;
		t->has_learned = false;
		t->has_nobody = false;
		t->is_hopeless = false;
		return false;
	}
	if (t->command != NULL)
		has_ended = step_command(t);
	if (t->command == NULL && !t->is_hopeless)
		begin_what_is_due(t, session, forwards);
	return has_ended;
}

bool
takeover_is_learning(const struct takeover *t)
{
	return !t->has_learned && !t->is_hopeless && !t->has_nobody;
}
