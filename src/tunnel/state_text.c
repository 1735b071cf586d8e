#include "tunnel/state_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "client/client.h"
#include "forward/forward_json.h"
#include "forward/forwards.h"
#include "tunnel/failure.h"
#include "tunnel/state.h"

static void
add_visible(struct buf *out, const char *before, const char *text)
{
	char *shown = str_visible_line(text, strlen(text));

	buf_addf(out, "%s%s", before, shown);
	free(shown);
}

static void
add_reason(struct buf *out, const struct err *trouble)
{
	if (trouble->kind != ERR_NONE)
		add_visible(out, ": ", failure_line(trouble));
}

static int64_t
seconds_until(int64_t wall_ms)
{
	int64_t left_ms = wall_ms - moment_now().wall_ms;

	return left_ms > 0 ? (left_ms + 999) / 1000 : 0;
}

void
state_text_line(const struct state *s, const struct client_facts *facts,
		struct buf *out)
{
	const char *host = facts->name != NULL ? facts->name : "the server";

	switch (s->phase) {
	case STATE_CONNECTING:
		add_visible(out, "connecting to ", host);
		if (s->attempt > 1)
			buf_addf(out, " (attempt %u)", s->attempt);
		break;
	case STATE_READY:
		add_visible(out, "connected to ", host);
		buf_add_str(out, ", everything is ready");
		break;
	case STATE_INCOMPLETE:
		add_visible(out, "connected to ", host);
		buf_add_str(out, ", but a forwarding was refused");
		break;
	case STATE_WAITING_FOR_PORT:
		add_visible(out, "connected to ", host);
		buf_add_str(out, ", waiting for a port there");
		break;
	case STATE_SILENT:
		add_visible(out, "connected, but nothing is heard from ", host);
		break;
	case STATE_LOST:
		add_visible(out, "lost the connection to ", host);
		add_reason(out, &s->trouble);
		break;
	case STATE_WAITING:
		buf_addf(out, "connecting again in %lld s",
			 (long long)seconds_until(s->next_wall_ms));
		add_reason(out, &s->trouble);
		break;
	case STATE_ENDED:
		buf_addf(out, "ended with status %d", s->status);
		if (s->has_failed)
			add_reason(out, &s->trouble);
		break;
	}
}

static void
show(void *arg, const struct forward_state *f)
{
	struct buf *out = arg;

	add_visible(out, "forwarding ", f->text);
	buf_addf(out, ": %s", forward_json_phase(f));
	if (f->port > 0)
		buf_addf(out, ", port %d", f->port);
	buf_addf(out, ", %zu open, %llu in all, %llu refused\n", f->open,
		 (unsigned long long)f->total, (unsigned long long)f->refused);
}

void
state_text_lines(const struct state *s, const struct client_facts *facts,
		 struct buf *out)
{
	int64_t for_ms = moment_now().mono_ms - s->since.mono_ms;

	state_text_line(s, facts, out);
	buf_addf(out, " (for %lld s)\n", (long long)for_ms / 1000);
	if (facts->forwards != NULL)
		forwards_each(facts->forwards, show, out);
}
