#include "tunnel/report.h"

#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "client/client.h"
#include "conf/conf.h"
#include "tunnel/events.h"
#include "tunnel/notify.h"
#include "tunnel/pid_file.h"
#include "tunnel/ready.h"
#include "tunnel/state.h"
#include "tunnel/state_text.h"
#include "tunnel/status_file.h"

struct report {
	const struct conf *conf;
	const struct client *client; /* NULL: nothing has happened yet */
	struct state state;
	pid_t pid;             /* that others were told; 0: none */
	struct events *events; /* these are NULL if not wanted */
	struct status_file *status_file;
	struct ready *ready;
	struct notify *notify;
};

/* Returns 0, or -1 with e set. */
static int
open_all(struct report *r, struct loop *l, struct err *e)
{
	const struct conf *o = r->conf;

	if (o->events_file != NULL)
		r->events = events_new(l, o, e);
	if (o->events_file != NULL && r->events == NULL)
		return -1;
	if (o->ready_fd >= 0)
		r->ready = ready_new(l, o, e);
	if (o->ready_fd >= 0 && r->ready == NULL)
		return -1;
	if (o->status_file != NULL)
		r->status_file =
		    status_file_new(l, o->status_file, &r->state, e);
	return o->status_file == NULL || r->status_file != NULL ? 0 : -1;
}

/* Whoever reads is to see the end when it comes. */
static void
close_left(const struct conf *o)
{
	int events = conf_events_fd(o);

	if (o->ready_fd > STDERR_FILENO)
		close(o->ready_fd);
	if (events > STDERR_FILENO && events != o->ready_fd)
		close(events);
}

struct report *
report_new(struct loop *l, const struct conf *conf, const struct manager *m,
	   struct err *e)
{
	struct report *r = xcalloc(1, sizeof(*r));

	r->conf = conf;
	state_init(&r->state);
	if (open_all(r, l, e) != 0) {
		report_free(r);
		return NULL;
	}
	close_left(conf);
	r->notify = notify_new(l, m);
	return r;
}

void
report_free(struct report *r)
{
	if (r == NULL)
		return;
	events_free(r->events);
	status_file_free(r->status_file);
	ready_free(r->ready);
	notify_free(r->notify);
	free(r);
}

static void
tell_manager(struct report *r, const struct client_facts *facts)
{
	struct buf text = BUF_INIT;

	state_text_line(&r->state, facts, &text);
	notify_tell(r->notify, &r->state, buf_str(&text));
	buf_clear(&text);
}

/* A forwarding that is refused is not asked for again. */
static bool
is_hopeless(const struct report *r)
{
	return r->state.phase == STATE_INCOMPLETE &&
	       r->conf->reconnect == CONF_RECONNECT_NO;
}

static void
tell_ready(struct report *r, const struct news *n,
	   const struct client_facts *facts)
{
	const char *pid_file = r->conf->pid_file;

	if (r->ready != NULL && n->kind == NEWS_READY)
		ready_tell(r->ready, facts);
	else if (r->ready != NULL && is_hopeless(r))
		ready_give_up(r->ready);
	if (n->kind == NEWS_READY && (r->notify != NULL || pid_file != NULL))
		r->pid = getpid();
	if (n->kind == NEWS_READY && pid_file != NULL)
		pid_file_write(pid_file);
	else if (n->kind == NEWS_EXIT && pid_file != NULL)
		pid_file_remove(pid_file);
}

void
report_tell(struct report *r, const struct news *n)
{
	struct client_facts facts;
	bool is_other;

	r->client = n->client;
	client_facts(n->client, &facts);
	is_other = state_note(&r->state, n, &facts);
	if (r->events != NULL)
		events_tell(r->events, n, &r->state, &facts);
	if (r->status_file != NULL && (is_other || n->kind == NEWS_FORWARDS))
		status_file_write(r->status_file, n->client);
	tell_ready(r, n, &facts);
	if (r->notify != NULL && is_other)
		tell_manager(r, &facts);
}

/* With ControlPersist another process goes on. */
static void
tell_pid(struct report *r)
{
	struct client_facts facts;

	r->pid = getpid();
	if (r->conf->pid_file != NULL)
		pid_file_write(r->conf->pid_file);
	if (r->notify == NULL)
		return;
	client_facts(r->client, &facts);
	tell_manager(r, &facts);
}

void
report_look(struct report *r)
{
	if (r->status_file != NULL)
		status_file_look(r->status_file);
	if (r->pid != 0 && r->pid != getpid())
		tell_pid(r);
}

void
report_print(struct report *r)
{
	struct client_facts facts = { .host = NULL };
	struct buf text = BUF_INIT;

	if (r->client != NULL)
		client_facts(r->client, &facts);
	state_text_lines(&r->state, &facts, &text);
	log_lines(LOG_LEVEL_INFO, buf_str(&text));
	buf_clear(&text);
}
