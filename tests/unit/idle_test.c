#include "base/err.h"
#include "fake_engine.h"
#include "forward/idle.h"
#include "net/loop.h"
#include "tap.h"

static struct session session = { .engine = &fake_engine };
static struct loop *loop;
static int woken;

static void
wake(void *arg)
{
	(void)arg;
	woken++;
}

static struct idle *
make(const char *pattern, int seconds, const char *other, int other_seconds)
{
	struct idle *i = idle_new(loop, wake, NULL);

	if (pattern != NULL)
		idle_add_rule(i, pattern, seconds);
	if (other != NULL)
		idle_add_rule(i, other, other_seconds);
	return i;
}

/* Two rules, and whether a type is watched. */
static const struct {
	const char *one;
	int seconds;
	const char *two;
	int two_seconds;
	const char *type;
	bool is_watched;
} rows[] = {
	{ NULL, 0, NULL, 0, "session:shell", false },
	{ "session", 1, NULL, 0, "session:shell", true },
	{ "session:shell", 1, NULL, 0, "session:shell", true },
	{ "session:command", 1, NULL, 0, "session:shell", false },
	{ "session:*", 1, NULL, 0, "session:subsystem:sftp", true },
	{ "session:shell", 0, "session", 1, "session:shell", false },
	{ "session", 1, "session:shell", 0, "session:shell", true },
	{ "session", 1, "*", 0, "session:shell", true },
	{ "session", 1, "session:shell", 0, "session:command", true },
	{ "*", 0, "direct-tcpip", 1, "direct-tcpip", false },
	{ "direct-tcpip", 1, "*", 0, "direct-tcpip", true },
	{ "*", 1, NULL, 0, "x11-connection", true },
	{ "direct-*", 1, NULL, 0, "direct-streamlocal@openssh.com", true },
	{ "direct-*", 1, NULL, 0, "forwarded-tcpip", false },
	{ "global", 1, NULL, 0, "x11-connection", true },
	{ "global", 0, NULL, 0, "x11-connection", false },
	{ "gl*", 1, NULL, 0, "x11-connection", false },
};

#define N(list) (sizeof(list) / sizeof((list)[0]))

static void
test_rules(const struct channel *c)
{
	for (size_t i = 0; i < N(rows); i++) {
		struct idle *idle = make(rows[i].one, rows[i].seconds,
					 rows[i].two, rows[i].two_seconds);
		struct idle_watch *w = idle_watch(idle, rows[i].type, c);

		ok((w != NULL) == rows[i].is_watched, "%s and %s: %s",
		   rows[i].one, rows[i].two, rows[i].type);
		idle_unwatch(w);
		idle_free(idle);
	}
	ok(idle_watch(NULL, "session", c) == NULL, "no rules at all");
	ok(!idle_has_expired(NULL), "what is not watched does not expire");
}

/* Run the loop until somebody is woken; what moves meanwhile, and on what. */
static void
wait_for_wake(void)
{
	struct err e;
	int before = woken;

	while (woken == before)
		if (loop_run_once(loop, -1, &e) != 0)
			break;
}

/* One is used once, after half its time or so; the other is not. */
static void
test_time(struct channel *used, const struct channel *other)
{
	struct idle *idle = make("session", 1, "*", 0);
	struct idle_watch *w = idle_watch(idle, "session:shell", used);
	int64_t start = loop_now_ms();

	ok(!idle_has_expired(w), "not at once");
	while (loop_now_ms() - start < 300)
		(void)loop_run_once(loop, 100, &(struct err){ 0 });
	used->bytes_out++;
	ok(!idle_has_expired(w), "it is used");
	while (!idle_has_expired(w))
		wait_for_wake();
	ok(loop_now_ms() - start >= 1300, "and has its time from then on");
	ok(idle_has_expired(w), "it stays so");
	idle_unwatch(w);
	idle_free(idle);

	idle = make("global", 1, NULL, 0);
	w = idle_watch(idle, "session:shell", other);
	start = loop_now_ms();
	while (!idle_has_expired(w))
		wait_for_wake();
	ok(loop_now_ms() - start >= 1000, "all together");
	idle_unwatch(w);
	idle_free(idle);
}

/* What moves on one keeps the others open, too. */
static void
test_global(struct channel *used, const struct channel *other)
{
	struct idle *idle = make("global", 1, NULL, 0);
	struct idle_watch *busy = idle_watch(idle, "session:shell", used);
	struct idle_watch *quiet = idle_watch(idle, "direct-tcpip", other);

	for (int i = 0; i < 2; i++) {
		wait_for_wake();
		used->bytes_in[0]++;
		ok(!idle_has_expired(busy), "used at the last moment");
		ok(!idle_has_expired(quiet), "which the other one profits by");
	}
	while (!idle_has_expired(quiet))
		wait_for_wake();
	ok(idle_has_expired(busy), "both expire together");
	idle_unwatch(busy);
	idle_unwatch(quiet);
	idle_free(idle);
}

int
main(void)
{
	struct fake_channel one, two;
	struct channel *used, *other;
	struct err e;

	loop = loop_new(&e);
	used = fake_channel_new(&session, &one);
	other = fake_channel_new(&session, &two);
	test_rules(used);
	test_time(used, other);
	test_global(used, other);
	fake_free_channel(used);
	fake_free_channel(other);
	fake_channel_clear(&one);
	fake_channel_clear(&two);
	loop_free(loop);
	return done_testing();
}
