#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/forward_spec.h"
#include "base/xalloc.h"
#include "fake_engine.h"
#include "forward/check.h"
#include "net/loop.h"
#include "net/stream.h"
#include "tap.h"

static struct session session = { .engine = &fake_engine };
static struct fake_channel direct, a, b; /* to ourselves, and who came in */

static void
wake(void *arg)
{
	(void)arg;
}

/* What a check of a place at this host asks for and finds; those who are held
 * have nothing to say yet. */
static struct check *
begin(char *host)
{
	const struct forward_end at = { .host = host, .port = 8080 };

	fake.open = &direct;
	return check_new_here(&session, &at, 8080);
}

static struct channel *
come(struct fake_channel *f, const char *from)
{
	struct channel *c = fake_channel_new(&session, f);

	c->open = REPLY_OK;
	c->origin_host = xstrdup_any(from);
	return c;
}

static void
clear(struct check *c)
{
	check_free(c);
	fake_channel_clear(&direct);
	fake_channel_clear(&a);
	fake_channel_clear(&b);
}

static enum check_result
step(struct check *c)
{
	struct err e = { .kind = ERR_NONE };

	return check_step(c, &e);
}

static void
test_token(void)
{
	struct check *c = begin(NULL);
	struct channel *one, *other;

	is_str(fake.path, "127.0.0.1", "the place is asked for");
	is_int(step(c), CHECK_RUNNING, "and the token is sent");
	is_int((long long)direct.heard.len, 32, "all of it");
	one = come(&a, "127.0.0.1");
	other = come(&b, NULL);
	ok(check_hold(c, other) && check_hold(c, one), "who comes is held");
	ok(step(c) == CHECK_RUNNING && check_release(c, false) == NULL,
	   "who says nothing stays");
	buf_add(&a.said, direct.heard.data, 20);
	ok(step(c) == CHECK_RUNNING && check_release(c, false) == NULL,
	   "who says half of it, too");
	buf_add(&a.said, direct.heard.data + 20, 12);
	is_int(step(c), CHECK_FINE, "with all of it, it has come");
	ok(a.channel == NULL, "and is closed");
	ok(check_release(c, true) == other && check_release(c, true) == NULL,
	   "the other is let go");
	channel_free(other);
	clear(c);
}

static void
test_others(void)
{
	struct check *c = begin(NULL);
	struct channel *one = come(&a, "::1"), *other = come(&b, "127.1.2.3");

	step(c);
	ok(check_hold(c, one) && check_hold(c, other), "two come");
	buf_add_str(&a.said, "GET / HTTP/1.0");
	b.has_ended = true;
	is_int(step(c), CHECK_RUNNING, "neither is ours");
	ok(check_release(c, false) == one && check_release(c, false) == other,
	   "both are let go");
	is_int((long long)a.said.len, 14, "with all that was said");
	buf_clear(&a.said);
	channel_free(one);
	channel_free(other);
	one = come(&a, "192.0.2.1");
	ok(!check_hold(c, one), "who comes from elsewhere is not even held");
	channel_free(one);
	clear(c);
}

/* Refused with this code, at these places. */
static const struct row {
	const char *name, *host;
	uint32_t code;
	const char *last; /* place */
	int asked;
	enum check_result result;
} rows[] = {
	{ "nobody is there", NULL, 2, "::1", 2, CHECK_DEAD },
	{ "everywhere", "*", 2, "::1", 2, CHECK_DEAD },
	{ "at a name", "quay", 2, "::1", 3, CHECK_DEAD },
	{ "it may not be asked", NULL, 1, "127.0.0.1", 1, CHECK_FORBIDDEN },
};

static void
test_refusal(const struct row *row)
{
	char *host = xstrdup_any(row->host);
	struct check *c;
	enum check_result result;

	fake.refuses = true;
	fake.refusal_code = row->code;
	fake.opened = 0;
	c = begin(host);
	while ((result = step(c)) == CHECK_RUNNING)
		;
	is_int(result, row->result, "%s: the result", row->name);
	is_int(fake.opened, row->asked, "%s: how often", row->name);
	is_str(fake.path, row->last, "%s: where", row->name);
	clear(c);
	free(host);
	fake.refuses = false;
}

static void
test_there(void)
{
	char host[] = "web";
	const struct forward_end to = { .host = host, .port = 80 };
	struct check *c;

	fake.open = &direct;
	c = check_new_there(&session, &to);
	is_int(step(c), CHECK_FINE, "a target that is there");
	clear(c);
	fake.refuses = true;
	c = check_new_there(&session, &to);
	is_int(step(c), CHECK_TARGET, "and one that is not");
	clear(c);
	fake.refuses = false;
	fake.dawdles = true;
	c = check_new_there(&session, &to);
	is_int(step(c), CHECK_RUNNING, "and one that takes its time");
	ok(!check_has_room(c), "nobody is held for it");
	clear(c);
}

int
main(void)
{
	struct err e = { .kind = ERR_NONE };
	struct loop *loop = loop_new(&e);
	int pair[2];

	if (loop == NULL ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0)
		abort();
	session.stream = stream_new(loop, pair[0], wake, NULL, &e);
	if (session.stream == NULL)
		abort();
	test_token();
	test_others();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		test_refusal(&rows[i]);
	test_there();
	stream_free(session.stream);
	close(pair[1]);
	loop_free(loop);
	return done_testing();
}
