#include "tunnel/events.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/signal_name.h"
#include "base/xalloc.h"
#include "client/client.h"
#include "conf/conf.h"
#include "forward/forward_json.h"
#include "forward/forward_state.h"
#include "keys/key.h"
#include "tunnel/failure.h"
#include "tunnel/forward_watch.h"
#include "tunnel/news.h"
#include "tunnel/sink.h"
#include "tunnel/state.h"

struct events {
	struct sink *file;
	struct forward_watch *watch;
	struct buf line;
	struct json json;
	const struct client_facts *facts; /* during events_tell() */
};

struct events *
events_new(struct loop *l, const struct conf *conf, struct err *e)
{
	struct events *v = xcalloc(1, sizeof(*v));

	v->watch = forward_watch_new();
	v->file = sink_new(l, "EventsFile", conf->events_file,
			   conf_events_fd(conf), e);
	if (v->file != NULL)
		return v;
	events_free(v);
	return NULL;
}

void
events_free(struct events *v)
{
	if (v == NULL)
		return;
	sink_free(v->file);
	forward_watch_free(v->watch);
	buf_clear(&v->line);
	free(v);
}

static void
begin(struct events *v, const char *name)
{
	struct moment now = moment_now();
	uint64_t dropped = sink_dropped(v->file);
	char text[MOMENT_TEXT_SIZE];

	buf_reset(&v->line);
	v->json = json_begin(&v->line);
	json_open_object(&v->json, NULL);
	json_add_int(&v->json, "version", EVENTS_VERSION);
	json_add_string(&v->json, "event", name);
	json_add_string(&v->json, "time", moment_text(now.wall_ms, text));
	json_add_int(&v->json, "monotonic_ms", now.mono_ms);
	json_add_int(&v->json, "pid", getpid());
	json_add_string(&v->json, "name", v->facts->name);
	json_add_string(&v->json, "host", v->facts->host);
	if (dropped > 0)
		json_add_size(&v->json, "dropped", dropped);
}

static void
end(struct events *v)
{
	json_close_object(&v->json);
	buf_add_byte(&v->line, '\n');
	sink_add(v->file, &v->line);
}

static void
add_host_key(struct json *j, const struct client_facts *facts)
{
	char *fingerprint;

	if (facts->host_key == NULL)
		return;
	fingerprint = key_fingerprint(facts->host_key, KEY_HASH_SHA256);
	json_add_string(j, "type", facts->host_key->name);
	json_add_string(j, "fingerprint", fingerprint);
	json_add_bool(j, "trusted", !facts->is_untrusted);
	free(fingerprint);
}

/* "publickey (/home/me/.ssh/id_ed25519 ED25519 SHA256:...)" */
static void
add_login(struct json *j, const struct client_facts *facts)
{
	size_t len = strcspn(facts->login, " ");
	size_t rest = strlen(facts->login + len);
	char *method = xstrndup(facts->login, len), *identity;

	json_add_string(j, "user", facts->user);
	json_add_string(j, "method", method);
	if (rest > strlen(" ()")) {
		identity = xstrndup(facts->login + len + 2, rest - 3);
		json_add_string(j, "identity", identity);
		free(identity);
	}
	free(method);
}

static void
add_exit(struct json *j, const struct news *n, const struct state *s,
	 const struct client_facts *facts)
{
	json_add_int(j, "status", n->status);
	if (facts->has_status)
		json_add_int(j, "remote_status", facts->remote_status);
	json_add_string(j, "remote_signal", facts->remote_signal);
	json_add_string(j, "signal", signal_name(n->signo));
	if (n->err != NULL)
		failure_add(j, n->err);
	json_add_int(j, "duration_ms", s->since.mono_ms - s->started.mono_ms);
	forward_json_counters(j, "forwards", facts->forwards);
}

static void
on_forward(void *arg, const struct forward_state *f)
{
	struct events *v = arg;
	bool is_up = f->phase == FORWARD_UP;

	if (f->phase == FORWARD_ASKED || f->phase == FORWARD_DOWN)
		return;
	begin(v, is_up ? "forward-up" : "forward-failed");
	forward_json_add(&v->json, f);
	if (!is_up) {
		json_add_bool(&v->json, "retrying",
			      f->phase == FORWARD_WAITING);
		json_add_string(&v->json, "reason",
				f->trouble != NULL ? f->trouble : "refused");
	}
	end(v);
}

static void
add_details(struct json *j, const struct news *n, const struct state *s,
	    const struct client_facts *facts)
{
	switch (n->kind) {
	case NEWS_CONNECTING:
		json_add_string(j, "user", facts->user);
		json_add_int(j, "port", facts->port);
		json_add_int(j, "attempt", s->attempt);
		break;
	case NEWS_CONNECTED:
		json_add_string(j, "address", facts->address);
		if (facts->address != NULL)
			json_add_int(j, "port", facts->address_port);
		break;
	case NEWS_HOST_KEY:
		add_host_key(j, facts);
		break;
	case NEWS_LOGGED_IN:
		if (facts->login != NULL)
			add_login(j, facts);
		break;
	case NEWS_READY:
		forward_json_list(j, "forwards", facts->forwards);
		break;
	case NEWS_LOST:
		failure_add(j, n->err);
		break;
	case NEWS_RETRYING:
		failure_add(j, n->err);
		json_add_int(j, "delay_ms", n->delay_ms);
		json_add_int(j, "attempt", (int64_t)s->attempt + 1);
		break;
	case NEWS_EXIT:
		add_exit(j, n, s, facts);
		break;
	case NEWS_FORWARDS:
	case NEWS_SILENT:
	case NEWS_HEARD:
		break;
	}
}

void
events_tell(struct events *v, const struct news *n, const struct state *s,
	    const struct client_facts *facts)
{
	static const char *const names[] = {
		[NEWS_CONNECTING] = "connecting",
		[NEWS_CONNECTED] = "connected",
		[NEWS_HOST_KEY] = "hostkey",
		[NEWS_LOGGED_IN] = "authenticated",
		[NEWS_READY] = "ready",
		[NEWS_SILENT] = "silent",
		[NEWS_HEARD] = "heard",
		[NEWS_LOST] = "lost",
		[NEWS_RETRYING] = "retrying",
		[NEWS_EXIT] = "exit",
	};

	v->facts = facts;
	if (n->kind == NEWS_LOST)
		forward_watch_forget(v->watch);
	if (n->kind == NEWS_FORWARDS) {
		forward_watch_look(v->watch, facts->forwards, on_forward, v);
		return;
	}
	begin(v, names[n->kind]);
	add_details(&v->json, n, s, facts);
	end(v);
}
