#include <string.h>

#include "base/err.h"
#include "tap.h"

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
	return done_testing();
}
