/* What another client may ask the server for: its fields. */
#include <stddef.h>
#include <string.h>

#include "base/wire.h"
#include "ssh/native/proxy_shape.h"
#include "tap.h"

#define OPENS PROXY_SHAPE_OPEN
#define ASKS PROXY_SHAPE_REQUEST

static const struct {
	const char *label;
	enum proxy_shape shape;
	const char *type;
	const char *fields;
	size_t len;
	bool is_known, is_sound;
} cases[] = {
	{ "session", OPENS, "session", "", 0, true, true },
	{ "session and more", OPENS, "session", "x", 1, true, false },
	{ "direct-tcpip", OPENS, "direct-tcpip",
	  "\0\0\0\1a\0\0\0\26\0\0\0\0\0\0\0\1", 17, true, true },
	{ "direct-tcpip, cut off", OPENS, "direct-tcpip",
	  "\0\0\0\1a\0\0\0\26\0\0\0\0\0\0\0", 16, true, false },
	{ "direct-tcpip, a length too large", OPENS, "direct-tcpip",
	  "\377\377\377\377a\0\0\0\26\0\0\0\0\0\0\0\1", 17, true, false },
	{ "an open that is not known", OPENS, "exec", "x", 1, false, true },
	{ "exec", ASKS, "exec", "\0\0\0\2ls", 6, true, true },
	{ "exec with a NUL", ASKS, "exec", "\0\0\0\2l\0", 6, true, false },
	{ "exec without a command", ASKS, "exec", "", 0, true, false },
	{ "pty-req, modes are bytes", ASKS, "pty-req",
	  "\0\0\0\1v\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\1\0", 26, true,
	  true },
	{ "pty-req without modes", ASKS, "pty-req",
	  "\0\0\0\1v\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0\0", 21, true, false },
	{ "x11-req", ASKS, "x11-req", "\0\0\0\0\1m\0\0\0\1c\0\0\0\0", 15, true,
	  true },
	{ "signal", ASKS, "signal", "\0\0\0\3INT", 7, true, true },
	{ "a request that is not known", ASKS, "new@example.com", "x", 1, false,
	  true },
};

int
main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire w;

		wire_init(&w, cases[i].fields, cases[i].len);
		ok(proxy_shape_is_known(cases[i].shape, cases[i].type) ==
		       cases[i].is_known,
		   "%s: known", cases[i].label);
		ok(proxy_shape_is_sound(cases[i].shape, cases[i].type, w) ==
		       cases[i].is_sound,
		   "%s: sound", cases[i].label);
	}
	return done_testing();
}
