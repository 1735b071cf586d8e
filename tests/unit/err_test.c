#include <string.h>

#include "base/err.h"
#include "tap.h"

static void
test_transient(void)
{
	static const struct {
		enum err_kind kind;
		const char *name;
		bool may_help;
	} kinds[] = {
		{ ERR_NONE, "nothing is wrong", false },
		{ ERR_USAGE, "a wrong command line", false },
		{ ERR_CONF, "a wrong configuration", false },
		{ ERR_UNSUPPORTED, "not built yet", false },
		{ ERR_RESOLVE, "no address", true },
		{ ERR_CONNECT, "no connection", true },
		{ ERR_TIMEOUT, "a deadline", true },
		{ ERR_PROTOCOL, "a peer that does not speak SSH", false },
		{ ERR_HOST_KEY, "another host key", false },
		{ ERR_AUTH, "no login", false },
		{ ERR_CHANNEL, "a refused channel", false },
		{ ERR_UNAVAILABLE, "a channel that led nowhere", true },
		{ ERR_FORWARD, "a refused forwarding", false },
		{ ERR_LOCAL, "a local file", false },
		{ ERR_REMOTE_SIGNAL, "a killed command", false },
		{ ERR_LOST, "a lost connection", true },
		{ ERR_ENDED, "a server that hangs up", true },
		{ ERR_DISMISSED, "a server that sends us away", false },
		{ ERR_DISAGREED, "no algorithm in common", false },
		{ ERR_QUIET, "what was told", false },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		is_int(kinds[i].kind, (long long)i, "%s is in its place",
		       kinds[i].name);
		is_int(err_is_transient(kinds[i].kind), kinds[i].may_help,
		       "%s: %s", kinds[i].name,
		       kinds[i].may_help ? "try again" : "final");
	}
	is_int(sizeof(kinds) / sizeof(kinds[0]), ERR_QUIET + 1,
	       "no kind is left out");
}

int
main(void)
{
	struct err e = { 0 };
	char big[4096];

	is_int(err_set(&e, ERR_CONF, "line %d", 7), -1, "err_set returns -1");
	is_int(e.kind, ERR_CONF, "the kind is kept");
	is_str(e.text, "line 7", "the text is formatted");

	is_int(err_wrap(&e, "%s", "file"), -1, "err_wrap returns -1");
	is_int(e.kind, ERR_CONF, "err_wrap keeps the kind");
	is_str(e.text, "file: line 7", "err_wrap puts context in front");

	err_set(&e, ERR_LOCAL, "again: %s", e.text);
	is_str(e.text, "again: file: line 7", "arguments may be the old text");
	err_wrap(&e, "%s", e.text);
	is_str(e.text, "again: file: line 7: again: file: line 7",
	       "a prefix may be the old text");

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	err_set(&e, ERR_LOCAL, "%s", big);
	is_int((long long)strlen(e.text), sizeof(e.text) - 1,
	       "long text is cut");
	err_wrap(&e, "front");
	ok(strncmp(e.text, "front: xxx", 10) == 0, "wrapped long text starts");
	is_int((long long)strlen(e.text), sizeof(e.text) - 1,
	       "wrapped long text is cut");
	err_wrap(&e, "%s", big);
	is_int((long long)strlen(e.text), sizeof(e.text) - 1,
	       "a long prefix is cut");
	test_transient();
	return done_testing();
}
