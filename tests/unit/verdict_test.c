/* Which failures are tried again, when, and what is said of those that are
 * not. */
#include "tunnel/verdict.h"

#include "base/err.h"
#include "tap.h"

#define PENALTY                                                                \
	"kex_exchange_identification: Connection closed by remote host\n"      \
	"Connection closed by h port 22: it said \"Not allowed at this "       \
	"time\""

/* Which connection has failed, and how. */
enum when {
	FIRST,       /* the first attempt */
	FIRST_HOLDS, /* the same, with ReconnectFirst */
	AGAIN,       /* an attempt at another one */
	WORKING,     /* one that was there */
	N_WHEN,
};

static const char *const when_names[] = { "at first", "with ReconnectFirst",
					  "again", "while it worked" };

/* E: the end, R: tried again, L: later. */
static const struct {
	enum err_kind kind;
	const char *text;
	char want[N_WHEN + 1];
} failures[] = {
	{ ERR_USAGE, "usage", "EEEE" },
	{ ERR_CONF, "configuration", "EEEE" },
	{ ERR_UNSUPPORTED, "not built", "EEEE" },
	{ ERR_RESOLVE, "no address", "ERRR" },
	{ ERR_CONNECT, "Connection refused", "ERRR" },
	{ ERR_TIMEOUT, "timed out", "ERRR" },
	{ ERR_PROTOCOL, "which does not speak SSH", "EERR" },
	{ ERR_HOST_KEY, "Host key verification failed.", "EEEE" },
	{ ERR_AUTH, "Permission denied", "EEEE" },
	{ ERR_CHANNEL, "administratively prohibited", "EEEE" },
	{ ERR_UNAVAILABLE, "connect failed", "ERRR" },
	{ ERR_FORWARD, "remote port forwarding failed", "ERRR" },
	{ ERR_LOCAL, "no such file", "EEEE" },
	{ ERR_REMOTE_SIGNAL, "killed", "EEEE" },
	{ ERR_LOST, "closed by remote host", "ERRR" },
	{ ERR_ENDED, "Connection reset by h port 22", "ERRR" },
	{ ERR_ENDED, "it said \"Exceeded MaxStartups\"", "ERRR" },
	{ ERR_ENDED, PENALTY, "ELLL" },
	{ ERR_DISMISSED, "2: Too many authentication failures", "EEER" },
	{ ERR_DISAGREED, "no matching cipher found", "EEEE" },
	{ ERR_QUIET, "", "EEEE" },
};

#define N_FAILURES (sizeof(failures) / sizeof(failures[0]))

static char
letter(enum verdict v)
{
	switch (v) {
	case VERDICT_END:
		break;
	case VERDICT_RETRY:
		return 'R';
	case VERDICT_LATER:
		return 'L';
	}
	return 'E';
}

static void
test_failures(void)
{
	for (size_t i = 0; i < N_FAILURES; i++) {
		struct err e = { .kind = failures[i].kind };
		struct verdict_case c = { .err = &e,
					  .may_begin_again = true,
					  .patience_ms = -1 };

		snprintf(e.text, sizeof(e.text), "%s", failures[i].text);
		for (int when = 0; when < N_WHEN; when++) {
			c.was_up = when >= AGAIN;
			c.worked = when == WORKING;
			c.retries_first = when == FIRST_HOLDS;
			ok(letter(verdict_of(&c)) == failures[i].want[when],
			   "%.40s, %s: %c", failures[i].text, when_names[when],
			   letter(verdict_of(&c)));
		}
	}
}

/* A connection that was lost, but: */
static const struct {
	const char *name;
	bool may_begin_again, needs_answers;
	int64_t lost_ms, patience_ms;
	enum verdict want;
	const char *reason; /* a part of it; NULL: none */
} cases[] = {
	{ "for ever", true, false, 1000000000, -1, VERDICT_RETRY, NULL },
	{ "without Reconnect", true, false, 0, 0, VERDICT_END, NULL },
	{ "in time", true, false, 4999, 5000, VERDICT_RETRY, NULL },
	{ "too late", true, false, 5000, 5000, VERDICT_END, "Giving up" },
	{ "a command may run", false, false, 0, -1, VERDICT_END,
	  "not started twice" },
	{ "an answer is needed", true, true, 0, -1, VERDICT_END,
	  "ReconnectKeepSecrets" },
	{ "the command comes first", false, true, 9000, 5000, VERDICT_END,
	  "not started twice" },
};

#define N_CASES (sizeof(cases) / sizeof(cases[0]))

static void
test_cases(void)
{
	const struct err lost = { .kind = ERR_LOST };

	for (size_t i = 0; i < N_CASES; i++) {
		const struct verdict_case c = {
			.err = &lost,
			.was_up = true,
			.worked = true,
			.may_begin_again = cases[i].may_begin_again,
			.needs_answers = cases[i].needs_answers,
			.lost_ms = cases[i].lost_ms,
			.patience_ms = cases[i].patience_ms,
		};
		const char *reason = verdict_reason(&c);

		ok(verdict_of(&c) == cases[i].want, "%s", cases[i].name);
		ok(cases[i].reason == NULL
		       ? reason == NULL
		       : reason != NULL &&
			     strstr(reason, cases[i].reason) != NULL,
		   "%s: %s", cases[i].name, reason != NULL ? reason : "");
	}
}

/* What would have failed anyway is not explained by something else. */
static void
test_no_excuse(void)
{
	const struct err denied = { .kind = ERR_AUTH };
	const struct verdict_case c = { .err = &denied,
					.was_up = true,
					.needs_answers = true,
					.patience_ms = -1 };

	ok(verdict_reason(&c) == NULL, "the failure says all");
}

int
main(void)
{
	test_failures();
	test_cases();
	test_no_excuse();
	return done_testing();
}
