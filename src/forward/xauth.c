#include "forward/xauth.h"

#include <errno.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "forward/x11_cookie.h"
#include "net/errand.h"

#define COOKIE_PROTOCOL "MIT-MAGIC-COOKIE-1"
#define INVENTED_BYTES 16
/* Longer than ssh serves the display: an X server must not forget that a
 * client is untrusted while it is still let in. */
#define SLACK_S 60
/* xauth itself waits up to 20 seconds for a lock. */
#define PATIENCE_MS 25000
#define OUTPUT_MAX ((size_t)64 * 1024)

struct xauth {
	bool is_trusted;
	struct errand *errand; /* NULL: there is nobody to ask */
	char *folder, *file;   /* NULL for a trusted display */
};

/* Run it and take what it prints. Returns whether it was successful. */
static bool
run(const struct strv *argv, struct buf *out)
{
	static const struct child_fd fds[] = {
		{ CHILD_NULL, STDIN_FILENO },
		{ CHILD_PIPE, STDOUT_FILENO },
		{ CHILD_NULL, STDERR_FILENO },
	};
	struct child child;
	int rc = child_start(&child, argv->items, fds, 3);

	if (rc != 0) {
		log_debug("%s: %s", argv->items[0], strerror(rc));
		return false;
	}
	rc = child_collect(&child, out, OUTPUT_MAX, PATIENCE_MS);
	if (rc == -SIGKILL)
		log_error("%s does not end; going on without it",
			  argv->items[0]);
	return rc == 0;
}

static bool
run_logged(struct strv *argv, struct buf *out)
{
	char *shown = strv_join(argv, " ");
	bool is_good;

	log_debug2("xauth command: %s", shown);
	free(shown);
	is_good = run(argv, out);
	strv_clear(argv);
	return is_good;
}

/* A new cookie, in a file of its own. */
static bool
generate(const struct xauth_params *p, const char *file)
{
	struct strv argv = STRV_INIT;
	struct buf ignored = BUF_INIT;
	unsigned int timeout_s = p->timeout_s;
	bool is_good;

	strv_add(&argv, p->program);
	strv_add(&argv, "-f");
	strv_add(&argv, file);
	strv_add(&argv, "generate");
	strv_add(&argv, p->display);
	strv_add(&argv, COOKIE_PROTOCOL);
	strv_add(&argv, "untrusted");
	if (timeout_s > 0) {
		strv_add(&argv, "timeout");
		strv_add_take(
		    &argv,
		    xasprintf("%llu", (unsigned long long)timeout_s + SLACK_S));
	}
	is_good = run_logged(&argv, &ignored);
	buf_clear(&ignored);
	return is_good;
}

int
xauth_parse_list(struct buf *out, struct x11_cookie *ret)
{
	size_t len = strcspn(buf_str(out), "\r\n");
	char *line = xstrndup(buf_str(out), len);
	struct strv words = STRV_INIT;
	int rc = -1;

	strv_split(&words, line, " \t");
	if (words.len >= 3)
		rc = x11_cookie_init(ret, words.items[1], words.items[2]);
	for (size_t i = 0; i < words.len; i++)
		secret_wipe(words.items[i], strlen(words.items[i]));
	strv_clear(&words);
	secret_wipe(line, len);
	free(line);
	return rc;
}

/* The cookie in the file, or (NULL) in the user's own. */
static int
list(const struct xauth_params *p, const char *file, struct x11_cookie *ret)
{
	struct strv argv = STRV_INIT;
	struct buf out = BUF_INIT;
	int rc = -1;

	out.wipe = true;
	strv_add(&argv, p->program);
	if (file != NULL) {
		strv_add(&argv, "-f");
		strv_add(&argv, file);
	}
	strv_add(&argv, "list");
	strv_add(&argv, p->display);
	if (run_logged(&argv, &out))
		rc = xauth_parse_list(&out, ret);
	buf_clear(&out);
	return rc;
}

static int
invent(struct x11_cookie *ret)
{
	unsigned char bytes[INVENTED_BYTES];
	char text[2 * INVENTED_BYTES + 1];

	log_info("Warning: No xauth data; using fake authentication data for "
		 "X11 forwarding.");
	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return -1;
	hex_encode(bytes, sizeof(bytes), text);
	return x11_cookie_init(ret, COOKIE_PROTOCOL, text);
}

/* What the copy of ourselves is to do; file is NULL for a trusted display. */
struct work {
	const struct xauth_params *params;
	const char *file;
};

static int
get(const struct work *w, struct x11_cookie *ret)
{
	struct xauth_params p = *w->params;
	char *local = NULL;
	int rc = -1;

	/* entries of this machine are not under the name "localhost" */
	if (str_starts(p.display, "localhost:"))
		local = xasprintf("unix:%s", p.display + strlen("localhost:"));
	if (local != NULL)
		p.display = local;
	if (w->file == NULL || generate(&p, w->file))
		rc = list(&p, w->file, ret);
	free(local);
	return rc;
}

/* In a copy of ourselves, which may wait: "protocol hexadecimal". */
static void
report(void *work, int out)
{
	struct x11_cookie cookie;
	struct buf text = BUF_INIT;
	char *hex;

	/* the other end of a connection is not to wait for xauth */
	fd_close_others(out, log_keep());
	if (get(work, &cookie) != 0)
		return;
	hex = xmalloc(2 * cookie.len + 1);
	hex_encode(cookie.real, cookie.len, hex);
	text.wipe = true;
	buf_addf(&text, "%s %s", cookie.protocol, hex);
	secret_wipe(hex, 2 * cookie.len);
	free(hex);
	fd_write(out, text.data, text.len);
	buf_clear(&text);
	x11_cookie_clear(&cookie);
}

/* A place for the cookie of an untrusted client. Returns 0, or -1. */
static int
make_file(struct xauth *x)
{
	const char *tmp = getenv("TMPDIR");
	char *folder = xasprintf("%s/hawser-XXXXXX",
				 tmp != NULL && *tmp == '/' ? tmp : "/tmp");

	if (mkdtemp(folder) == NULL) {
		log_error("mkdtemp %s: %s", folder, strerror(errno));
		free(folder);
		return -1;
	}
	x->folder = folder;
	x->file = xasprintf("%s/xauthfile", folder);
	return 0;
}

struct xauth *
xauth_new(struct loop *l, const struct xauth_params *p, void (*wake)(void *arg),
	  void *arg)
{
	struct xauth *x = xcalloc(1, sizeof(*x));
	struct work work = { .params = p };
	const struct errand_params errand = {
		.loop = l,
		.run = report,
		.work = &work,
		.max = OUTPUT_MAX,
		.wake = wake,
		.arg = arg,
	};

	x->is_trusted = p->is_trusted;
	if (access(p->program, F_OK) != 0) {
		log_debug("No xauth program.");
	} else if (p->is_trusted || make_file(x) == 0) {
		work.file = x->file;
		x->errand = errand_new(&errand);
		if (x->errand == NULL)
			log_debug("%s: %s", p->program, strerror(errno));
	}
	return x;
}

void
xauth_free(struct xauth *x)
{
	if (x == NULL)
		return;
	errand_free(x->errand);
	if (x->file != NULL) {
		unlink(x->file);
		rmdir(x->folder);
	}
	free(x->file);
	free(x->folder);
	free(x);
}

static int
parse_report(struct buf *bytes, struct x11_cookie *ret)
{
	const char *text = buf_str(bytes);
	size_t len = strcspn(text, " ");
	char *protocol;
	int rc;

	if (text[len] == '\0')
		return -1;
	protocol = xstrndup(text, len);
	rc = x11_cookie_init(ret, protocol, text + len + 1);
	free(protocol);
	return rc;
}

enum step
xauth_step(struct xauth *x, struct x11_cookie *ret, struct err *e)
{
	struct buf *bytes;

	if (x->errand != NULL) {
		if (errand_step(x->errand, &bytes) == STEP_AGAIN)
			return STEP_AGAIN;
		if (parse_report(bytes, ret) == 0)
			return STEP_DONE;
	}
	if (x->is_trusted && invent(ret) == 0)
		return STEP_DONE;
	err_set(e, ERR_FORWARD,
		x->is_trusted ? "no random numbers"
			      : "Warning: untrusted X11 forwarding setup "
				"failed: xauth key data not generated");
	return STEP_FAIL;
}
