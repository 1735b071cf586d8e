#include "mux/shared_keys.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "client/guests.h"
#include "forward/forwards.h"
#include "mux/shared_report.h"
#include "net/endpoint.h"
#include "ssh/channel.h"
#include "ssh/session.h"
#include "term/escape.h"

/* Of a BREAK, as ssh asks for it. */
#define BREAK_MS 1000

#define ABOUT_THE_PROCESS                                                      \
	(ESCAPE_BIT(ESCAPE_COMMANDLINE) | ESCAPE_BIT(ESCAPE_SUSPEND) |         \
	 ESCAPE_BIT(ESCAPE_BACKGROUND) | ESCAPE_BIT(ESCAPE_LOUDER) |           \
	 ESCAPE_BIT(ESCAPE_QUIETER))

struct shared_keys {
	struct shared_keys_params params;
	struct escape escape;
	struct channel *channel;
	bool wants_end;
};

struct shared_keys *
shared_keys_new(const struct shared_keys_params *p)
{
	struct shared_keys *k = xcalloc(1, sizeof(*k));

	k->params = *p;
	escape_init(&k->escape, p->escape);
	return k;
}

void
shared_keys_free(struct shared_keys *k)
{
	free(k);
}

void
shared_keys_attach(struct shared_keys *k, struct channel *c)
{
	if (k != NULL)
		k->channel = c;
}

bool
shared_keys_want_end(const struct shared_keys *k)
{
	return k->wants_end;
}

/* Show what fits: a terminal that stands still is not waited for. */
static void
say(const struct shared_keys *k, struct buf *text)
{
	if (endpoint_say(k->params.ground->loop, k->params.fd, text->data,
			 text->len) != 0)
		log_debug("escape key: nothing can be shown");
	buf_clear(text);
}

static void
add_info(const struct shared_keys *k, struct buf *text)
{
	struct buf info = BUF_INIT;

	shared_report_connection(k->params.ground, &info);
	for (size_t i = 0; i < info.len; i++) {
		if (info.data[i] == '\n')
			buf_add_byte(text, '\r');
		buf_add_byte(text, info.data[i]);
	}
	buf_clear(&info);
}

static void
add_list(const struct shared_keys *k, struct buf *text)
{
	buf_addf(text,
		 "\r\nThe following connections are open:\r\n"
		 "  client-session (%llu bytes in, %llu bytes out)\r\n",
		 (unsigned long long)channel_bytes_in(k->channel),
		 (unsigned long long)channel_bytes_out(k->channel));
	forwards_list(k->params.ground->forwards, text);
}

static void
run(struct shared_keys *k, enum escape_action action)
{
	struct session *s = k->params.ground->session;
	struct buf text = BUF_INIT;

	escape_print(&k->escape, action, &text);
	switch (action) {
	case ESCAPE_NONE:
		break;
	case ESCAPE_DISCONNECT:
		buf_add_str(&text, "\r\n");
		k->wants_end = true;
		break;
	case ESCAPE_BREAK:
		buf_add_str(&text, "\r\n");
		if (session_can(s, SESSION_BREAK))
			channel_send_break(k->channel, BREAK_MS);
		break;
	case ESCAPE_REKEY:
		if (session_can(s, SESSION_REKEY))
			session_rekey(s);
		buf_reset(&text);
		break;
	case ESCAPE_INFO:
		buf_add_str(&text, "\r\n");
		add_info(k, &text);
		break;
	case ESCAPE_LIST:
		add_list(k, &text);
		break;
	case ESCAPE_HELP:
		buf_reset(&text);
		escape_help(&k->escape, ABOUT_THE_PROCESS, 0, &text);
		break;
	case ESCAPE_COMMANDLINE:
	case ESCAPE_SUSPEND:
	case ESCAPE_BACKGROUND:
	case ESCAPE_QUIETER:
	case ESCAPE_LOUDER:
		buf_add_str(&text, " escape not available to multiplexed "
				   "sessions\r\n");
		break;
	}
	say(k, &text);
}

void
shared_keys_typed(struct shared_keys *k, const void *data, size_t len,
		  struct buf *out)
{
	const unsigned char *at = data;

	while (len > 0 && !k->wants_end) {
		size_t used = len;
		enum escape_action action =
		    escape_feed(&k->escape, at, len, out, &used);

		if (action != ESCAPE_NONE && k->channel != NULL)
			run(k, action);
		at += used;
		len -= used;
	}
}
