#include "forward/x11_display.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "tap.h"

/* want is "HOST PORT SCREEN" or "PATH SCREEN", or the error. */
static const struct {
	const char *text, *want;
} cases[] = {
	{ ":0", "/tmp/.X11-unix/X0 0" },
	{ ":12.3", "/tmp/.X11-unix/X12 3" },
	{ "unix:1", "/tmp/.X11-unix/X1 0" },
	{ "unix:1.2", "/tmp/.X11-unix/X1 2" },
	{ "::7", "/tmp/.X11-unix/X7 0" },
	{ "localhost:10.0", "localhost 6010 0" },
	{ "host.example:0.400", "host.example 6000 400" },
	{ "host:0.401", "host 6000 0" },
	{ "host:1.x", "host 6001 0" },
	{ "10.0.0.1:2", "10.0.0.1 6002 0" },
	{ "host:59535", "host 65535 0" },
	{ "host", "Could not find ':' in DISPLAY: host" },
	{ "/no/such/path", "Could not find ':' in DISPLAY: /no/such/path" },
	{ "host:", "Could not parse display number from DISPLAY: host:" },
	{ "host:x", "Could not parse display number from DISPLAY: host:x" },
	{ ":", "Could not parse display number from DISPLAY: :" },
	{ "host:59536",
	  "Could not parse display number from DISPLAY: host:59536" },
	{ ":99999999999999999999",
	  "Could not parse display number from DISPLAY: "
	  ":99999999999999999999" },
};

static void
check(const char *text, const char *want)
{
	struct x11_display d = { 0 };
	struct err e = { .kind = ERR_NONE };
	char *got;

	if (x11_display_parse(text, &d, &e) != 0)
		got = xstrdup(e.text);
	else if (d.host != NULL)
		got = xasprintf("%s %d %u", d.host, d.port, d.screen);
	else
		got = xasprintf("%s %u", d.path, d.screen);
	is_str(got, want, "%s", text);
	free(got);
	x11_display_clear(&d);
}

static void
check_path(void)
{
	const char *tmp = getenv("TMPDIR");
	char *folder =
	    xasprintf("%s/display-XXXXXX", tmp != NULL ? tmp : "/tmp");
	char *path, *with_screen, *want, *want_screen;
	int fd;

	if (mkdtemp(folder) == NULL) {
		skip("no folder for the socket");
		free(folder);
		return;
	}
	path = xasprintf("%s/org.xquartz:0", folder);
	with_screen = xasprintf("%s.1", path);
	want = xasprintf("%s 0", path);
	want_screen = xasprintf("%s 1", path);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	check(path, want);
	check(with_screen, want_screen);
	close(fd);
	unlink(path);
	rmdir(folder);
	free(want_screen);
	free(want);
	free(with_screen);
	free(path);
	free(folder);
}

int
main(void)
{
	static const char *const bad[] = { "",     "a b:0", ":0;id", "$(id):0",
					   "-f:0", "`id`",  ":0\n",  "a'b:0" };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ok(x11_display_is_valid(cases[i].text), "valid: %s",
		   cases[i].text);
		check(cases[i].text, cases[i].want);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!x11_display_is_valid(bad[i]), "not valid: number %zu", i);
	check_path();
	return done_testing();
}
