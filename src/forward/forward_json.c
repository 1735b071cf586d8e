#include "forward/forward_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/xalloc.h"
#include "forward/forward_state.h"
#include "forward/forwards.h"

static const char *const kinds[] = {
	[FORWARD_LOCAL] = "local",
	[FORWARD_REMOTE] = "remote",
	[FORWARD_DYNAMIC] = "dynamic",
	[FORWARD_REMOTE_DYNAMIC] = "remote-dynamic",
	[FORWARD_STDIO] = "stdio",
};

const char *
forward_json_phase(const struct forward_state *s)
{
	static const char *const phases[] = {
		[FORWARD_ASKED] = "asked",     [FORWARD_UP] = "up",
		[FORWARD_REFUSED] = "refused", [FORWARD_WAITING] = "waiting",
		[FORWARD_DEAD] = "dead",       [FORWARD_DOWN] = "down",
	};

	return phases[s->phase];
}

/* As a user writes it: "8080", "web:80", "[::1]:80", or a path. */
static void
add_end(struct json *j, const char *name, const struct forward_end *end)
{
	const char *host = end->host;
	char *text;

	if (end->path != NULL)
		text = xstrdup(end->path);
	else if (host == NULL || *host == '\0')
		text = xasprintf("%d", end->port);
	else if (strchr(host, ':') != NULL)
		text = xasprintf("[%s]:%d", host, end->port);
	else
		text = xasprintf("%s:%d", host, end->port);
	json_add_string(j, name, text);
	free(text);
}

void
forward_json_add(struct json *j, const struct forward_state *s)
{
	json_add_string(j, "kind", kinds[s->kind]);
	add_end(j, "listen", &s->spec->listen);
	if (s->port > 0)
		json_add_int(j, "port", s->port);
	if (!forward_spec_is_dynamic(s->spec))
		add_end(j, "target", &s->spec->connect);
}

static void
show(void *arg, const struct forward_state *s)
{
	struct json *j = arg;

	json_open_object(j, NULL);
	forward_json_add(j, s);
	json_close_object(j);
}

static void
show_counters(void *arg, const struct forward_state *s)
{
	struct json *j = arg;

	json_open_object(j, NULL);
	forward_json_add(j, s);
	json_add_string(j, "phase", forward_json_phase(s));
	json_add_size(j, "open", s->open);
	json_add_size(j, "connections", s->total);
	json_add_size(j, "refused", s->refused);
	json_add_size(j, "bytes_in", s->bytes_in);
	json_add_size(j, "bytes_out", s->bytes_out);
	json_add_string(j, "trouble", s->trouble);
	json_close_object(j);
}

void
forward_json_list(struct json *j, const char *name, const struct forwards *f)
{
	json_open_array(j, name);
	if (f != NULL)
		forwards_each(f, show, j);
	json_close_array(j);
}

void
forward_json_counters(struct json *j, const char *name,
		      const struct forwards *f)
{
	json_open_array(j, name);
	if (f != NULL)
		forwards_each(f, show_counters, j);
	json_close_array(j);
}
