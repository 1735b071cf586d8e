#include "mux/shared_list.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "client/guests.h"
#include "conf/conf.h"
#include "forward/forward_json.h"
#include "forward/forwards.h"
#include "mux/shared_job.h"
#include "mux/shared_proxy.h"
#include "mux/visitor_state.h"
#include "net/stream.h"
#include "ssh/channel.h"
#include "ssh/session.h"

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

static void
print_proxy(const struct visitor *v, struct buf *out)
{
	buf_addf(out, "  session %u: proxy of pid %ld since ", v->session,
		 (long)v->pid);
	add_time(out, v->since);
	buf_addf(out, ", %zu channels\n", shared_proxy_channels(v->proxy));
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
		else if (v->proxy != NULL)
			print_proxy(v, out);
	/* written for a terminal in raw mode */
	forwards_list(g->forwards, &forwards);
	for (size_t i = 0; i < forwards.len; i++)
		if (forwards.data[i] != '\r')
			buf_add_byte(out, forwards.data[i]);
	buf_clear(&forwards);
}

/* --- for programs --- */

static void
put_time(struct json *j, time_t when)
{
	struct buf text = BUF_INIT;

	add_time(&text, when);
	json_add_string(j, "since", buf_str(&text));
	buf_clear(&text);
}

static void
put_session(const struct visitor *v, struct json *j)
{
	const struct channel *c = shared_job_channel(v->job);

	json_open_object(j, NULL);
	json_add_int(j, "id", v->session);
	json_add_int(j, "pid", v->pid);
	json_add_string(j, "kind", shared_job_kind(v->job));
	json_add_string(j, "command", shared_job_text(v->job));
	put_time(j, v->since);
	json_add_size(j, "bytes_in", channel_bytes_in(c));
	json_add_size(j, "bytes_out", channel_bytes_out(c));
	json_close_object(j);
}

static void
put_proxy(const struct visitor *v, struct json *j)
{
	json_open_object(j, NULL);
	json_add_int(j, "id", v->session);
	json_add_int(j, "pid", v->pid);
	json_add_string(j, "kind", "proxy");
	put_time(j, v->since);
	json_add_size(j, "channels", shared_proxy_channels(v->proxy));
	json_close_object(j);
}

void
shared_list_print_json(const struct visitors *all, struct buf *out)
{
	const struct client_ground *g = all->ground;
	const struct stream *stream = session_stream(g->session);
	struct json j = json_begin(out);

	json_open_object(&j, NULL);
	json_add_int(&j, "pid", getpid());
	json_add_string(&j, "host", g->host);
	json_add_int(&j, "port", g->conf->port);
	json_add_string(&j, "user", g->conf->user);
	put_time(&j, all->since);
	json_open_array(&j, "sessions");
	for (const struct visitor *v = all->first; v != NULL; v = v->next)
		if (has_session(v))
			put_session(v, &j);
		else if (v->proxy != NULL)
			put_proxy(v, &j);
	json_close_array(&j);
	forward_json_counters(&j, "forwards", g->forwards);
	json_add_size(&j, "bytes_in", stream_bytes_in(stream));
	json_add_size(&j, "bytes_out", stream_bytes_out(stream));
	json_close_object(&j);
	buf_add_byte(out, '\n');
}
