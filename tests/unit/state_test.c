#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "client/client.h"
#include "tap.h"
#include "tunnel/failure.h"
#include "tunnel/moment.h"
#include "tunnel/news.h"
#include "tunnel/state.h"
#include "tunnel/state_text.h"

static const struct client_facts nobody = { .name = "h\033ost" };
static const struct client_facts in = { .name = "host", .login = "none" };

/* One after the other. */
static const struct {
	enum news_kind kind;
	const struct client_facts *facts;
	enum err_kind err;
	const char *phase;
	const char *line;
	unsigned attempt;
} story[] = {
	{ NEWS_CONNECTING, &nobody, ERR_NONE, "connecting",
	  "connecting to h\\033ost", 1 },
	{ NEWS_CONNECTED, &nobody, ERR_NONE, "connecting",
	  "connecting to h\\033ost", 1 },
	{ NEWS_RETRYING, &nobody, ERR_CONNECT, "waiting",
	  "connecting again in 7 s: second", 1 },
	{ NEWS_CONNECTING, &nobody, ERR_NONE, "connecting",
	  "connecting to h\\033ost (attempt 2)", 2 },
	{ NEWS_LOGGED_IN, &in, ERR_NONE, "connecting",
	  "connecting to host (attempt 2)", 2 },
	{ NEWS_FORWARDS, &in, ERR_NONE, "connecting",
	  "connecting to host (attempt 2)", 2 },
	{ NEWS_READY, &in, ERR_NONE, "ready",
	  "connected to host, everything is ready", 0 },
	{ NEWS_SILENT, &in, ERR_NONE, "silent",
	  "connected, but nothing is heard from host", 0 },
	{ NEWS_FORWARDS, &in, ERR_NONE, "silent",
	  "connected, but nothing is heard from host", 0 },
	{ NEWS_HEARD, &in, ERR_NONE, "ready",
	  "connected to host, everything is ready", 0 },
	{ NEWS_SILENT, &in, ERR_NONE, "silent",
	  "connected, but nothing is heard from host", 0 },
	{ NEWS_LOST, &in, ERR_TIMEOUT, "lost",
	  "lost the connection to host: second", 0 },
	{ NEWS_RETRYING, &nobody, ERR_TIMEOUT, "waiting",
	  "connecting again in 7 s: second", 0 },
	{ NEWS_CONNECTING, &nobody, ERR_NONE, "connecting",
	  "connecting to h\\033ost", 1 },
	{ NEWS_LOGGED_IN, &in, ERR_NONE, "connecting", "connecting to host",
	  1 },
	{ NEWS_EXIT, &in, ERR_AUTH, "ended", "ended with status 255: second",
	  1 },
};

static void
test_story(void)
{
	struct state s;

	state_init(&s);
	for (size_t i = 0; i < sizeof(story) / sizeof(story[0]); i++) {
		enum state_phase old = s.phase;
		struct err e = { .kind = ERR_NONE };
		struct news n = {
			.kind = story[i].kind,
			.err = story[i].err != ERR_NONE ? &e : NULL,
			.delay_ms = 7000,
			.status = 255,
		};
		struct buf line = BUF_INIT;
		bool is_other;

		err_set(&e, story[i].err, "first\nsecond");
		is_other = state_note(&s, &n, story[i].facts);
		is_int(is_other, s.phase != old, "%zu: a change is noticed", i);
		is_str(state_name(&s), story[i].phase, "%zu: its name", i);
		is_int(s.attempt, story[i].attempt, "%zu: attempts", i);
		state_text_line(&s, story[i].facts, &line);
		is_str(buf_str(&line), story[i].line, "%zu: for people", i);
		buf_clear(&line);
	}
	ok(s.was_ready && s.has_failed, "it was ready once, and has failed");
}

static void
test_classes(void)
{
	static const struct {
		enum err_kind kind;
		const char *text, *name, *line;
	} failures[] = {
		{ ERR_CONNECT, "no", "connect", "no" },
		{ ERR_ENDED, "a\nit said \"Not allowed at this time\"",
		  "penalty", "it said \"Not allowed at this time\"" },
		{ ERR_ENDED, "it said \"Exceeded MaxStartups\"", "overload",
		  "it said \"Exceeded MaxStartups\"" },
		{ ERR_HOST_KEY, "", "host-key", "" },
	};

	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		struct err e = { .kind = ERR_NONE };

		err_set(&e, failures[i].kind, "%s", failures[i].text);
		is_str(failure_class(&e), failures[i].name, "class %s",
		       failures[i].name);
		is_str(failure_line(&e), failures[i].line, "its line");
	}
}

static void
test_times(void)
{
	static const struct {
		int64_t wall_ms;
		const char *text;
	} times[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 1, "1970-01-01T00:00:00.001Z" },
		{ 1709251199999, "2024-02-29T23:59:59.999Z" },
		{ 4102444800050, "2100-01-01T00:00:00.050Z" },
	};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		char text[MOMENT_TEXT_SIZE];

		/* no clock of such a system says that */
		if (sizeof(time_t) == 4 && times[i].wall_ms / 1000 > INT32_MAX)
			continue;
		is_str(moment_text(times[i].wall_ms, text), times[i].text, "%s",
		       times[i].text);
	}
}

int
main(void)
{
	test_story();
	test_classes();
	test_times();
	return done_testing();
}
