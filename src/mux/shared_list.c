#include "mux/shared_list.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "client/guests.h"
#include "conf/conf.h"
#include "forward/forward_state.h"
#include "forward/forwards.h"
#include "mux/shared_job.h"
#include "mux/visitor_state.h"
#include "mux/visitors.h"
#include "net/stream.h"
#include "ssh/channel.h"
#include "ssh/session.h"
#include "term/json_text.h"

static const char *const phases[] = {
	[FORWARD_ASKED] = "asked",     [FORWARD_UP] = "up",
	[FORWARD_REFUSED] = "refused", [FORWARD_WAITING] = "waiting",
	[FORWARD_DOWN] = "down",
};

static const char *const kinds[] = {
	[FORWARD_LOCAL] = "local",
	[FORWARD_REMOTE] = "remote",
	[FORWARD_DYNAMIC] = "dynamic",
	[FORWARD_REMOTE_DYNAMIC] = "remote dynamic",
	[FORWARD_STDIO] = "stdio",
};

static void
add_time(struct buf *out, time_t when)
{
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&when, &tm) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	buf_add_str(out, text);
}

static bool
has_session(const struct visitor *v)
{
	return v->job != NULL && v->is_open;
}

/* --- for people --- */

static void
print_session(const struct visitor *v, struct buf *out)
{
	const struct channel *c = shared_job_channel(v->job);
	const char *text = shared_job_text(v->job);
	char *shown = str_visible_line(text, strlen(text));

	buf_addf(out, "  session %u: %s of pid %ld since ", v->session,
		 shared_job_kind(v->job), (long)v->pid);
	add_time(out, v->since);
	buf_addf(out, ", %llu bytes in, %llu bytes out%s%s\n",
		 (unsigned long long)channel_bytes_in(c),
		 (unsigned long long)channel_bytes_out(c),
		 *shown != '\0' ? ": " : "", shown);
	free(shown);
}

void
shared_list_print(const struct visitors *all, struct buf *out)
{
	const struct client_ground *g = all->ground;
	struct buf forwards = BUF_INIT;

	buf_addf(out, "%s@%s by pid %ld since ", g->conf->user, g->host,
		 (long)getpid());
	add_time(out, all->since);
	buf_add_byte(out, '\n');
	for (const struct visitor *v = all->first; v != NULL; v = v->next)
		if (has_session(v))
			print_session(v, out);
	/* written for a terminal in raw mode */
	forwards_list(g->forwards, &forwards);
	for (size_t i = 0; i < forwards.len; i++)
		if (forwards.data[i] != '\r')
			buf_add_byte(out, forwards.data[i]);
	buf_clear(&forwards);
}

/* --- for programs --- */

static void
put_text(struct buf *out, const char *name, const char *value)
{
	buf_addf(out, "\"%s\":", name);
	json_text_string(value, out);
	buf_add_byte(out, ',');
}

static void
put_time(struct buf *out, time_t when)
{
	buf_add_str(out, "\"since\":\"");
	add_time(out, when);
	buf_add_str(out, "\",");
}

/* The last two of an object. */
static void
put_bytes(struct buf *out, uint64_t in, uint64_t out_bytes)
{
	buf_addf(out, "\"bytes_in\":%llu,\"bytes_out\":%llu}",
		 (unsigned long long)in, (unsigned long long)out_bytes);
}

static void
put_session(const struct visitor *v, struct buf *out)
{
	const struct channel *c = shared_job_channel(v->job);

	buf_addf(out, "{\"id\":%u,\"pid\":%ld,", v->session, (long)v->pid);
	put_text(out, "kind", shared_job_kind(v->job));
	put_text(out, "command", shared_job_text(v->job));
	put_time(out, v->since);
	put_bytes(out, channel_bytes_in(c), channel_bytes_out(c));
	buf_add_byte(out, ',');
}

static void
put_forward(void *arg, const struct forward_state *s)
{
	struct buf *out = arg;

	buf_add_byte(out, '{');
	put_text(out, "kind", kinds[s->kind]);
	put_text(out, "text", s->text);
	put_text(out, "state", phases[s->phase]);
	buf_addf(out,
		 "\"port\":%d,\"open\":%zu,\"total\":%llu,"
		 "\"refused\":%llu,",
		 s->port, s->open, (unsigned long long)s->total,
		 (unsigned long long)s->refused);
	put_bytes(out, s->bytes_in, s->bytes_out);
	buf_add_byte(out, ',');
}

/* A list ends with its last item's comma. */
static void
end_list(struct buf *out)
{
	if (out->data[out->len - 1] == ',')
		out->len--;
	buf_add_byte(out, ']');
}

void
shared_list_print_json(const struct visitors *all, struct buf *out)
{
	const struct client_ground *g = all->ground;
	const struct stream *stream = session_stream(g->session);

	buf_addf(out, "{\"pid\":%ld,\"port\":%d,", (long)getpid(),
		 g->conf->port);
	put_text(out, "host", g->host);
	put_text(out, "user", g->conf->user);
	put_time(out, all->since);
	buf_add_str(out, "\"sessions\":[");
	for (const struct visitor *v = all->first; v != NULL; v = v->next)
		if (has_session(v))
			put_session(v, out);
	end_list(out);
	buf_add_str(out, ",\"forwards\":[");
	forwards_each(g->forwards, put_forward, out);
	end_list(out);
	buf_add_byte(out, ',');
	put_bytes(out, stream_bytes_in(stream), stream_bytes_out(stream));
	buf_add_byte(out, '\n');
}
