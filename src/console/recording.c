#include "console/recording.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "conf/tokens.h"
#include "console/internal.h"
#include "net/loop.h"
#include "term/asciicast.h"
#include "term/terminal.h"

#define FLUSH_EVERY_MS 1000
/* More than this waiting for its echo is not being echoed. */
#define HELD_MAX 256

struct recording {
	struct asciicast *record;
	struct loop_timer *timer;
	bool is_armed;
	bool wants_input;
	struct buf held; /* typed, not echoed yet */
};

static void
check(struct recording *r, int rc, const struct err *e)
{
	if (rc != 0)
		log_error("%s", e->text);
	if (!r->is_armed)
		loop_timer_set(r->timer, FLUSH_EVERY_MS);
	r->is_armed = true;
}

static void
on_flush(void *arg)
{
	struct recording *r = arg;
	struct err e = { .kind = ERR_NONE };

	r->is_armed = false;
	if (asciicast_flush(r->record, &e) != 0)
		log_error("%s", e.text);
}

/* Open the file that the user named, or one beside it. */
static struct asciicast *
open_record(const struct conf *o, const struct asciicast_about *about,
	    struct err *e)
{
	char *path =
	    tokens_expand(o, "RecordSession", o->record_session, NULL, e);
	struct asciicast *record = NULL;

	if (path != NULL)
		record = asciicast_open(path, about, e);
	if (record != NULL && strcmp(asciicast_path(record), path) != 0)
		log_info("%s exists: recording to %s", path,
			 asciicast_path(record));
	free(path);
	return record;
}

struct recording *
recording_new(struct console *c, struct err *e)
{
	struct recording *r;
	struct asciicast *record;
	struct terminal_size size;
	struct asciicast_about about = {
		.term = getenv("TERM"),
		.shell = getenv("SHELL"),
		.title = c->view.host,
		.command = c->view.command,
	};

	if (c->conf->record_session == NULL)
		return NULL;
	terminal_own_size(c->terminal, &size);
	about.cols = size.cols;
	about.rows = size.rows;
	record = open_record(c->conf, &about, e);
	if (record == NULL)
		return NULL;
	r = xcalloc(1, sizeof(*r));
	r->record = record;
	r->timer = loop_timer_new(c->loop, on_flush, r);
	r->wants_input = c->conf->record_input;
	r->held.wipe = true;
	return r;
}

void
recording_free(struct recording *r)
{
	struct err e = { .kind = ERR_NONE };

	if (r == NULL)
		return;
	if (asciicast_close(r->record, &e) != 0)
		log_error("%s", e.text);
	loop_timer_free(r->timer);
	buf_clear(&r->held);
	free(r);
}

static bool
is_control(unsigned char byte)
{
	return byte < 0x20 || byte == 0x7f;
}

/* Record the first n held bytes. */
static void
release(struct recording *r, size_t n)
{
	struct err e = { .kind = ERR_NONE };

	if (n == 0)
		return;
	check(r, asciicast_input(r->record, r->held.data, n, &e), &e);
	buf_consume(&r->held, n);
}

/* Control bytes are no secrets: those in front need no echo. */
static void
release_controls(struct recording *r)
{
	size_t n = 0;

	while (n < r->held.len && is_control(r->held.data[n]))
		n++;
	release(r, n);
}

/*
 * An echo begins with what was typed. Output that does not, after the line
 * was sent, means that it will not be echoed: it is forgotten.
 */
static void
match_echo(struct recording *r, const unsigned char *data, size_t len)
{
	size_t text = 0, same = 0;

	while (text < r->held.len && !is_control(r->held.data[text]))
		text++;
	while (same < text && same < len && data[same] == r->held.data[same])
		same++;
	release(r, same);
	if (same == 0 && text < r->held.len)
		buf_consume(&r->held, text);
	release_controls(r);
}

void
recording_output(struct recording *r, const void *data, size_t len)
{
	struct err e = { .kind = ERR_NONE };

	if (r == NULL)
		return;
	match_echo(r, data, len);
	check(r, asciicast_output(r->record, data, len, &e), &e);
}

void
recording_input(struct recording *r, const void *data, size_t len)
{
	if (r == NULL || !r->wants_input)
		return;
	if (r->held.len + len > HELD_MAX)
		buf_reset(&r->held);
	else
		buf_add(&r->held, data, len);
	release_controls(r);
}

void
recording_resize(struct recording *r, unsigned cols, unsigned rows)
{
	struct err e = { .kind = ERR_NONE };

	if (r != NULL && cols > 0 && rows > 0)
		check(r, asciicast_resize(r->record, cols, rows, &e), &e);
}
