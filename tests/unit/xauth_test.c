#include "forward/xauth.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "forward/x11_cookie.h"
#include "net/loop.h"
#include "tap.h"

#define COOKIE "0123456789abcdef0123456789abcdef"

/* What the fake program does: it writes its arguments, and the mode of the
 * folder of a file named with -f, where the test can read them. */
static const char script[] =
    "#!/bin/sh\n"
    "echo \"$@\" | sed \"s|-f [^ ]*/|-f |\" >>\"${0%/*}/log\"\n"
    "[ \"$1\" != -f ] || stat -c %a \"${2%/*}\" >>\"${0%/*}/log\"\n"
    "echo no noise please >&2\n"
    "case $* in *generate*)\n"
    "	echo some chatter\n"
    "	[ -e \"${0%/*}/works\" ] || exit 1\n"
    "	: >\"$2\" ;;\n"
    "*) [ ! -e \"${0%/*}/works\" ] || cat \"${0%/*}/works\" ;;\n"
    "esac\n";

struct place {
	char *folder, *program, *log, *works;
};

static void
write_file(const char *path, const char *text, mode_t mode)
{
	FILE *out = fopen(path, "we");

	if (out == NULL || fputs(text, out) < 0 || fclose(out) != 0 ||
	    chmod(path, mode) != 0)
		printf("# %s: %s\n", path, strerror(errno));
}

static void
check_log(const struct place *p, const char *want, const char *name)
{
	struct buf b = BUF_INIT;
	struct err e;

	buf_load_file(&b, p->log, 65536, &e);
	is_str(buf_str(&b), want, "%s: how it was run", name);
	buf_clear(&b);
	unlink(p->log);
}

/* Ask, and tell what came of it: the cookie, "other" or the error. */
static void
wake(void *arg)
{
	(void)arg;
}

/* Ask as a job does. */
static enum step
get(const struct xauth_params *p, struct x11_cookie *ret, struct err *e)
{
	struct loop *l = loop_new(e);
	struct xauth *x = xauth_new(l, p, wake, NULL);
	enum step step;

	while ((step = xauth_step(x, ret, e)) == STEP_AGAIN)
		loop_run_once(l, -1, e);
	xauth_free(x);
	loop_free(l);
	return step;
}

static void
check(const struct xauth_params *p, const char *want, const char *name)
{
	struct x11_cookie c, known;
	struct err e = { .kind = ERR_NONE };

	if (get(p, &c, &e) != STEP_DONE) {
		is_str(e.text, want, "%s", name);
		return;
	}
	x11_cookie_init(&known, "MIT-MAGIC-COOKIE-1", COOKIE);
	is_str(c.len != known.len || memcmp(c.real, known.real, known.len) != 0
		   ? "other"
		   : c.protocol,
	       want, "%s", name);
	x11_cookie_clear(&known);
	x11_cookie_clear(&c);
}

static void
check_trusted(const struct place *place)
{
	struct xauth_params p = { .program = place->program,
				  .display = ":3",
				  .is_trusted = true };

	write_file(place->works,
		   "host/unix:3  MIT-MAGIC-COOKIE-1  " COOKIE
		   "\nanother/unix:3  XDM  00\n",
		   0600);
	check(&p, "MIT-MAGIC-COOKIE-1", "a trusted display");
	check_log(place, "list :3\n", "a trusted display");
	p.display = "localhost:10.0";
	check(&p, "MIT-MAGIC-COOKIE-1", "localhost");
	check_log(place, "list unix:10.0\n", "localhost");
	write_file(place->works, "host/unix:3 MIT-MAGIC-COOKIE-1 zz\n", 0600);
	check(&p, "other", "a cookie that is none");
	unlink(place->log);
	write_file(place->works, "", 0600);
	check(&p, "other", "no cookie");
	unlink(place->log);
	p.program = "/no/such/xauth";
	check(&p, "other", "no program");
}

static void
check_untrusted(const struct place *place)
{
	static const char failed[] =
	    "Warning: untrusted X11 forwarding setup failed: xauth key data "
	    "not generated";
	struct xauth_params p = { .program = place->program,
				  .display = ":3",
				  .timeout_s = 1200 };

	write_file(place->works, "host/unix:3  MIT-MAGIC-COOKIE-1  " COOKIE,
		   0600);
	check(&p, "MIT-MAGIC-COOKIE-1", "an untrusted display");
	check_log(place,
		  "-f xauthfile generate :3 MIT-MAGIC-COOKIE-1 untrusted "
		  "timeout 1260\n700\n-f xauthfile list :3\n700\n",
		  "an untrusted display");
	p.timeout_s = 0;
	check(&p, "MIT-MAGIC-COOKIE-1", "without an end");
	check_log(place,
		  "-f xauthfile generate :3 MIT-MAGIC-COOKIE-1 untrusted\n"
		  "700\n-f xauthfile list :3\n700\n",
		  "without an end");
	unlink(place->works);
	check(&p, failed, "generating fails");
	check_log(place,
		  "-f xauthfile generate :3 MIT-MAGIC-COOKIE-1 untrusted\n"
		  "700\n",
		  "generating fails");
	p.program = "/no/such/xauth";
	check(&p, failed, "untrusted, no program");
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");
	struct place place;

	log_set_level(LOG_LEVEL_QUIET);
	place.folder = xasprintf("%s/xauth-XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(place.folder) == NULL) {
		skip("no folder for the fake xauth");
		free(place.folder);
		return done_testing();
	}
	place.program = xasprintf("%s/xauth", place.folder);
	place.log = xasprintf("%s/log", place.folder);
	place.works = xasprintf("%s/works", place.folder);
	setenv("TMPDIR", place.folder, 1);
	write_file(place.program, script, 0700);
	check_trusted(&place);
	check_untrusted(&place);
	unlink(place.program);
	unlink(place.works);
	is_int(rmdir(place.folder), 0, "nothing is left behind");
	free(place.program);
	free(place.log);
	free(place.works);
	free(place.folder);
	return done_testing();
}
