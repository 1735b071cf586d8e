/* How a connection ends, or does not get far enough: in words, and of a kind
 * that says whether trying again may help. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auth/auth.h"
#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "connect/connection.h"
#include "connect/internal.h"
#include "fake_engine.h"
#include "net/loop.h"
#include "net/stream.h"
#include "ssh/remote_listener.h"
#include "tap.h"

static struct loop *loop;
static struct stream *stream;

static const struct row {
	const char *name;
	enum session_end end;
	int error;
	unsigned disconnect_code;
	const char *first_line; /* where the greeting ended */
	const char *trouble;
	bool is_later; /* the server has greeted us */
	enum err_kind kind;
	bool may_help;
	const char *text; /* what it says among other things; NULL: the error */
} rows[] = {
	{ "closed", SESSION_CLOSED, .kind = ERR_ENDED, .may_help = true,
	  .text = "kex_exchange_identification: Connection closed by remote" },
	{ "reset", SESSION_BROKEN, ECONNRESET, .kind = ERR_ENDED,
	  .may_help = true, .text = "read: Connection reset by peer" },
	{ "closed later", SESSION_CLOSED, .is_later = true, .kind = ERR_ENDED,
	  .may_help = true, .text = "Connection closed by UNKNOWN port 65535" },
	{ "reset later", SESSION_BROKEN, ECONNRESET, .is_later = true,
	  .kind = ERR_ENDED, .may_help = true,
	  .text = "Connection reset by UNKNOWN" },
	{ "timed out", SESSION_BROKEN, ETIMEDOUT, .is_later = true,
	  .kind = ERR_ENDED, .may_help = true, .text = "timed out" },
	{ "no way there", SESSION_BROKEN, EHOSTUNREACH, .is_later = true,
	  .kind = ERR_ENDED, .may_help = true },

	{ "another protocol", SESSION_CLOSED, .first_line = "220 smtp ready",
	  .kind = ERR_PROTOCOL, .text = "which does not speak SSH: it said" },
	{ "HTTP", SESSION_CLOSED, .first_line = "HTTP/1.1 400 Bad Request",
	  .kind = ERR_PROTOCOL, .text = "which does not speak SSH: it said" },
	{ "MaxStartups", SESSION_CLOSED, .first_line = "Exceeded MaxStartups",
	  .kind = ERR_ENDED, .may_help = true,
	  .text = ": it said \"Exceeded MaxStartups\"" },
	{ "a penalty", SESSION_BROKEN, ECONNRESET,
	  .first_line = "Not allowed at this time", .kind = ERR_ENDED,
	  .may_help = true, .text = "Not allowed at this time" },
	{ "a full server", SESSION_CLOSED,
	  .first_line = "Too many connections; try again later",
	  .kind = ERR_ENDED, .may_help = true, .text = "Too many connections" },

	{ "we are not allowed", SESSION_DISCONNECTED, .disconnect_code = 1,
	  .kind = ERR_DISMISSED, .text = ":1: so long" },
	{ "too many failed logins", SESSION_DISCONNECTED, .disconnect_code = 2,
	  .is_later = true, .kind = ERR_DISMISSED, .text = ":2: so long" },
	{ "no more methods", SESSION_DISCONNECTED, .disconnect_code = 14,
	  .is_later = true, .kind = ERR_DISMISSED, .text = ":14: so long" },
	{ "a server that goes", SESSION_DISCONNECTED, .disconnect_code = 11,
	  .is_later = true, .kind = ERR_ENDED, .may_help = true,
	  .text = ":11: so long" },
	{ "too many connections", SESSION_DISCONNECTED, .disconnect_code = 12,
	  .is_later = true, .kind = ERR_ENDED, .may_help = true,
	  .text = ":12: so long" },
	{ "a code that nobody knows", SESSION_DISCONNECTED,
	  .disconnect_code = 4711, .is_later = true, .kind = ERR_ENDED,
	  .may_help = true, .text = ":4711: so long" },

	{ "bytes that were changed", SESSION_CORRUPT,
	  .trouble = SESSION_BAD_MAC, .is_later = true, .kind = ERR_PROTOCOL,
	  .text = "message authentication code incorrect" },
	{ "no algorithm", SESSION_CORRUPT,
	  .trouble = "no matching cipher found. Their offer: rot13",
	  .is_later = true, .kind = ERR_DISAGREED,
	  .text = "Unable to negotiate with UNKNOWN" },
	{ "another host key", SESSION_KEY_CHANGED, .is_later = true,
	  .kind = ERR_HOST_KEY, .text = "changed its host key" },
};

static void
is_kind(const struct err *e, enum err_kind kind, bool may_help,
	const char *name)
{
	is_int(e->kind, kind, "%s: kind", name);
	is_int(err_is_transient(e->kind), may_help, "%s: %s", name,
	       may_help ? "try again" : "final");
}

static struct session
session_of(const struct row *row)
{
	return (struct session){
		.engine = &fake_engine,
		.stream = stream,
		.end = row->end,
		.error = row->error,
		.disconnect_code = row->disconnect_code,
		.disconnect_text = (char *)"so long",
		.trouble = (char *)row->trouble,
		.greeting = { .first_line = (char *)row->first_line,
			      .identification =
				  row->is_later ? (char *)"SSH-2.0-x" : NULL },
	};
}

static void
test_explain(const struct row *row)
{
	struct session s = session_of(row);
	const char *text = row->text != NULL ? row->text : strerror(row->error);
	struct err e = { .kind = ERR_NONE };

	is_int(session_explain(&s, &e), -1, "%s: explained", row->name);
	if (!ok(strstr(e.text, text) != NULL, "%s: words", row->name))
		printf("# got: %s\n", e.text);
	is_kind(&e, row->kind, row->may_help, row->name);
}

/* What is said once a session was in use: only who closes it without a word,
 * and what breaks it, sounds another way. */
static void
test_lost(const struct row *row)
{
	struct session s = session_of(row);
	struct target target = { .host = (char *)"there" };
	struct connection c = { .session = &s, .target = &target };
	bool is_lost = row->end == SESSION_CLOSED || row->end == SESSION_BROKEN;
	struct err e = { .kind = ERR_NONE };

	if (!row->is_later)
		return;
	is_int(connection_lost(&c, &e), STEP_FAIL, "%s: lost", row->name);
	if (is_lost)
		ok(strstr(e.text, "there") != NULL, "%s: words", row->name);
	is_kind(&e, is_lost ? ERR_LOST : row->kind, row->may_help, row->name);
}

static void
test_refused_channels(void)
{
	static const struct {
		const char *name;
		uint32_t code;
		enum err_kind kind;
		bool may_help;
	} refusals[] = {
		{ "a channel that is forbidden", 1, ERR_CHANNEL, false },
		{ "a target that is down", 2, ERR_UNAVAILABLE, true },
		{ "an unknown kind of channel", 3, ERR_CHANNEL, false },
		{ "a full server", 4, ERR_UNAVAILABLE, true },
		{ "an unknown reason", 5, ERR_CHANNEL, false },
	};

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct channel c = { .open = REPLY_REFUSED,
				     .refusal_code = refusals[i].code };
		struct err e = { .kind = ERR_NONE };

		is_int(channel_open_step(&c, &e), STEP_FAIL, "%s: refused",
		       refusals[i].name);
		is_kind(&e, refusals[i].kind, refusals[i].may_help,
			refusals[i].name);
	}
}

static void
test_refused_requests(void)
{
	struct session s = { .engine = &fake_engine };
	struct channel c = { .session = &s,
			     .start = REPLY_REFUSED,
			     .start_type = (char *)"exec" };
	struct remote_listener l = { .reply = REPLY_REFUSED,
				     .host = (char *)"",
				     .port = 80 };
	struct err e = { .kind = ERR_NONE };

	is_int(channel_start_step(&c, &e), STEP_FAIL, "no command");
	is_kind(&e, ERR_CHANNEL, false, e.text);
	is_int(remote_listener_step(&l, &e), STEP_FAIL, "no forwarding");
	is_kind(&e, ERR_FORWARD, false, e.text);
}

/* A server that knows no method at all. */

static enum login_result
refuse_none(struct session *s, const char *user)
{
	(void)s;
	(void)user;
	return LOGIN_REFUSED;
}

static const char *
name_methods(const struct session *s)
{
	(void)s;
	return "door,window";
}

static const char *
say_nothing(struct session *s, size_t *ret_len)
{
	(void)s;
	*ret_len = 0;
	return NULL;
}

static bool
is_never_done(const struct session *s)
{
	(void)s;
	return false;
}

static void
test_refused_login(void)
{
	const struct engine engine = { .can = fake_can,
				       .none = refuse_none,
				       .methods = name_methods,
				       .banner = say_nothing,
				       .is_done = is_never_done };
	const struct auth_params p = { .user = "me",
				       .host = "there",
				       .methods = "publickey,password" };
	struct session s = { .engine = &engine };
	struct err e = { .kind = ERR_NONE };
	struct auth *a = auth_new(loop, &p);

	auth_begin(a, &s, false);
	is_int(auth_step(a, &e), STEP_FAIL, "no login");
	is_str(e.text, "me@there: Permission denied (door,window).", "words");
	is_kind(&e, ERR_AUTH, false, "no login");
	auth_free(a);
}

int
main(void)
{
	struct err e = { .kind = ERR_NONE };
	int pair[2];

	loop = loop_new(&e);
	if (loop == NULL ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		       pair) != 0)
		abort();
	stream = stream_new(loop, pair[0], NULL, NULL, &e);
	if (stream == NULL)
		abort();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_explain(&rows[i]);
		test_lost(&rows[i]);
	}
	test_refused_channels();
	test_refused_requests();
	test_refused_login();
	stream_free(stream);
	close(pair[1]);
	loop_free(loop);
	return done_testing();
}
