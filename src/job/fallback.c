#include "job/fallback.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "net/loop.h"
#include "ssh/channel.h"

#define KNOWN_EVERYWHERE "xterm-256color"
/* A login shell may be slow; a person does not wait for ever. */
#define PATIENCE_MS 5000
#define WINDOW_BYTES ((uint32_t)256 * 1024)
#define ENTRY_MAX ((size_t)32 * 1024)

struct fallback {
	void (*wake)(void *arg);
	void *arg;
	struct channel *channel;
	struct loop_timer *timer;
	bool is_late;
	bool is_pushing;
	struct buf entry; /* our compiled terminfo entry, to be sent */
	size_t sent;
};

/* It goes into a remote command line. */
static bool
is_plain_name(const char *term)
{
	for (const char *p = term; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("-_.+", *p) == NULL)
			return false;
	return *term != '\0' && *term != '.' && *term != '-';
}

/* Our entry in one of the places where ncurses looks for it (terminfo(5)). */
static bool
load_entry(struct fallback *f, const char *term)
{
	const char *own = getenv("TERMINFO");
	char *home = xasprintf("%s/.terminfo", path_home());
	const char *folders[] = { own, home, "/etc/terminfo", "/lib/terminfo",
				  "/usr/share/terminfo" };
	struct err e = { .kind = ERR_NONE };
	bool found = false;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && !found;
	     i++) {
		char *path;

		if (folders[i] == NULL)
			continue;
		path = xasprintf("%s/%c/%s", folders[i], term[0], term);
		found = buf_load_file(&f->entry, path, ENTRY_MAX, &e) == 0;
		free(path);
	}
	free(home);
	return found;
}

static void
on_late(void *arg)
{
	struct fallback *f = arg;

	f->is_late = true;
	f->wake(f->arg);
}

/* Exit status 0: the host knows the terminal now. */
static char *
remote_command(const struct fallback *f, const char *term)
{
	if (!f->is_pushing)
		return xasprintf("infocmp '%s' >/dev/null 2>&1", term);
	return xasprintf("infocmp '%s' >/dev/null 2>&1 || { "
			 "umask 077; d=$HOME/.terminfo/%c; mkdir -p \"$d\" && "
			 "cat >\"$d/%s.$$\" && mv \"$d/%s.$$\" \"$d/%s\" && "
			 "infocmp '%s' >/dev/null 2>&1; }",
			 term, term[0], term, term, term, term);
}

struct fallback *
fallback_new(const struct fallback_params *p)
{
	const char *term = getenv("TERM");
	struct fallback *f;
	char *command;

	if (term == NULL || p->mode == CONF_FALLBACK_NO ||
	    strcmp(term, KNOWN_EVERYWHERE) == 0 || !is_plain_name(term))
		return NULL;
	f = xcalloc(1, sizeof(*f));
	f->wake = p->wake;
	f->arg = p->arg;
	f->is_pushing = p->mode == CONF_FALLBACK_PUSH && load_entry(f, term);
	command = remote_command(f, term);
	f->channel = channel_open_session(p->session, WINDOW_BYTES);
	channel_request_start(f->channel, "exec", command);
	free(command);
	f->timer = loop_timer_new(p->loop, on_late, f);
	loop_timer_set(f->timer, PATIENCE_MS);
	return f;
}

void
fallback_free(struct fallback *f)
{
	if (f == NULL)
		return;
	channel_free(f->channel);
	loop_timer_free(f->timer);
	buf_clear(&f->entry);
	free(f);
}

/* Send the entry; the command reads it only if it needs it. */
static void
send_entry(struct fallback *f)
{
	ssize_t n = 0;

	while (n >= 0 && f->sent < f->entry.len) {
		n = channel_write(f->channel, f->entry.data + f->sent,
				  f->entry.len - f->sent);
		if (n > 0)
			f->sent += (size_t)n;
	}
	if (n != -EAGAIN)
		channel_send_eof(f->channel);
}

static enum step
give_up(const char *why, const char **ret_term)
{
	log_debug("TermFallback: %s: asking for %s", why, KNOWN_EVERYWHERE);
	*ret_term = KNOWN_EVERYWHERE;
	return STEP_DONE;
}

/* Nobody reads what it prints. */
static void
drain(struct fallback *f)
{
	static const enum channel_stream streams[] = { CHANNEL_STDOUT,
						       CHANNEL_STDERR };
	const unsigned char *data;
	ssize_t n;

	for (size_t i = 0; i < 2; i++)
		while ((n = channel_peek(f->channel, streams[i], &data)) > 0)
			channel_consume(f->channel, streams[i], (size_t)n);
}

enum step
fallback_step(struct fallback *f, const char **ret_term)
{
	struct err e = { .kind = ERR_NONE };
	const char *signal, *message;
	enum step step;
	int status = 1;

	*ret_term = NULL;
	if (f->is_late)
		return give_up("no answer in time", ret_term);
	step = channel_open_step(f->channel, &e);
	if (step == STEP_DONE)
		step = channel_start_step(f->channel, &e);
	if (step == STEP_AGAIN)
		return step;
	if (step == STEP_FAIL)
		return give_up(e.text, ret_term);
	send_entry(f);
	drain(f);
	if (!channel_is_eof(f->channel) || !channel_is_closed(f->channel))
		return STEP_AGAIN;
	if (channel_exit(f->channel, &status, &signal, &message) !=
		CHANNEL_EXIT_STATUS ||
	    status != 0)
		return give_up("the host does not know this terminal",
			       ret_term);
	return STEP_DONE;
}
