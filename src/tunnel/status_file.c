#include "tunnel/status_file.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/put_file.h"
#include "base/xalloc.h"
#include "client/client.h"
#include "forward/forward_json.h"
#include "forward/forwards.h"
#include "net/loop.h"
#include "tunnel/events.h"
#include "tunnel/failure.h"
#include "tunnel/state.h"

/* How soon changed counters are seen. */
#define COUNTERS_MS 2000

struct status_file {
	const char *path;
	const struct state *state;
	const struct client *client; /* NULL: nothing is known yet */
	struct loop_timer *timer;    /* until the counters are written */
	bool is_due;
	uint64_t written, now; /* what the counters come to */
	bool was_told;         /* that it cannot be written */
};

static void
add_time(struct json *j, const char *name, int64_t wall_ms)
{
	char text[MOMENT_TEXT_SIZE];

	json_add_string(j, name, moment_text(wall_ms, text));
}

static void
add_trouble(struct json *j, const struct err *trouble)
{
	if (trouble->kind == ERR_NONE)
		return;
	json_open_object(j, "trouble");
	failure_add(j, trouble);
	json_close_object(j);
}

static void
add_facts(struct json *j, const struct client_facts *facts)
{
	json_add_string(j, "name", facts->name);
	json_add_string(j, "host", facts->host);
	json_add_string(j, "user", facts->user);
	json_add_string(j, "address", facts->address);
	if (facts->address != NULL)
		json_add_int(j, "port", facts->address_port);
}

static void
compose(const struct status_file *f, struct buf *out)
{
	const struct state *s = f->state;
	struct client_facts facts = { .host = NULL };
	struct json j = json_begin(out);

	if (f->client != NULL)
		client_facts(f->client, &facts);
	json_open_object(&j, NULL);
	json_add_int(&j, "version", EVENTS_VERSION);
	json_add_string(&j, "state", state_name(s));
	add_time(&j, "since", s->since.wall_ms);
	add_time(&j, "started", s->started.wall_ms);
	add_time(&j, "written", moment_now().wall_ms);
	json_add_int(&j, "pid", getpid());
	add_facts(&j, &facts);
	if (s->phase == STATE_WAITING)
		add_time(&j, "next_attempt", s->next_wall_ms);
	if (s->attempt > 0)
		json_add_int(&j, "attempt", s->attempt);
	if (s->phase == STATE_ENDED)
		json_add_int(&j, "status", s->status);
	add_trouble(&j, &s->trouble);
	forward_json_counters(&j, "forwards", facts.forwards);
	json_close_object(&j);
	buf_add_byte(out, '\n');
}

static void
add_counters(void *arg, const struct forward_state *s)
{
	struct status_file *f = arg;

	/* none of them ever becomes less, but the number of the open ones */
	f->now = f->now * 31 + s->open + s->total + s->refused + s->bytes_in +
		 s->bytes_out;
}

static uint64_t
counters(struct status_file *f)
{
	struct client_facts facts = { .host = NULL };

	/* with -f another process goes on */
	f->now = (uint64_t)getpid();
	if (f->client != NULL)
		client_facts(f->client, &facts);
	if (facts.forwards != NULL)
		forwards_each(facts.forwards, add_counters, f);
	return f->now;
}

/* Returns 0, or -1 with e set. */
static int
replace(struct status_file *f, struct err *e)
{
	struct buf content = BUF_INIT;
	int rc;

	loop_timer_set(f->timer, -1);
	f->is_due = false;
	f->written = counters(f);
	compose(f, &content);
	rc = put_file(f->path, &content, e);
	buf_clear(&content);
	return rc;
}

static void
replace_or_tell(void *arg)
{
	struct err e = { .kind = ERR_NONE };
	struct status_file *f = arg;

	if (replace(f, &e) == 0) {
		f->was_told = false;
	} else if (!f->was_told) {
		log_error("StatusFile %s", e.text);
		f->was_told = true;
	}
}

struct status_file *
status_file_new(struct loop *l, const char *path, const struct state *s,
		struct err *e)
{
	struct status_file *f = xcalloc(1, sizeof(*f));

	f->path = path;
	f->state = s;
	f->timer = loop_timer_new(l, replace_or_tell, f);
	if (replace(f, e) == 0)
		return f;
	err_wrap(e, "StatusFile");
	status_file_free(f);
	return NULL;
}

void
status_file_free(struct status_file *f)
{
	if (f == NULL)
		return;
	loop_timer_free(f->timer);
	free(f);
}

void
status_file_write(struct status_file *f, const struct client *c)
{
	f->client = c;
	replace_or_tell(f);
}

void
status_file_look(struct status_file *f)
{
	if (f->is_due || counters(f) == f->written)
		return;
	f->is_due = true;
	loop_timer_set(f->timer, COUNTERS_MS);
}
