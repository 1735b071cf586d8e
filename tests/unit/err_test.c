#include <string.h>

#include "base/err.h"
#include "tap.h"

static void
test_kinds(void)
{
	static const struct {
		enum err_kind kind;
		const char *name, *short_name;
		bool may_help;
	} kinds[] = {
		{ ERR_NONE, "nothing is wrong", "none", false },
		{ ERR_USAGE, "a wrong command line", "usage", false },
		{ ERR_CONF, "a wrong configuration", "config", false },
		{ ERR_UNSUPPORTED, "not built yet", "unsupported", false },
		{ ERR_RESOLVE, "no address", "resolve", true },
		{ ERR_CONNECT, "no connection", "connect", true },
		{ ERR_TIMEOUT, "a deadline", "timeout", true },
		{ ERR_PROTOCOL, "a peer that does not speak SSH", "protocol",
		  false },
		{ ERR_HOST_KEY, "another host key", "host-key", false },
		{ ERR_AUTH, "no login", "auth", false },
		{ ERR_CHANNEL, "a refused channel", "channel", false },
		{ ERR_UNAVAILABLE, "a channel that led nowhere", "unavailable",
		  true },
		{ ERR_FORWARD, "a refused forwarding", "forward", false },
		{ ERR_LOCAL, "a local file", "local", false },
		{ ERR_REMOTE_SIGNAL, "a killed command", "signal", false },
		{ ERR_LOST, "a lost connection", "lost", true },
		{ ERR_ENDED, "a server that hangs up", "ended", true },
		{ ERR_DISMISSED, "a server that sends us away", "dismissed",
		  false },
		{ ERR_DISAGREED, "no algorithm in common", "disagreed", false },
		{ ERR_QUIET, "what was told", "told", false },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		is_int(kinds[i].kind, (long long)i, "%s is in its place",
		       kinds[i].name);
		is_str(err_kind_name(kinds[i].kind), kinds[i].short_name,
		       "%s has a name", kinds[i].name);
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
	test_kinds();
	return done_testing();
}
