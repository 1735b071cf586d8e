/*
 * main - argv in, exit status out. The only place that prints an error or
 * exits.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#ifdef HAVE_MALLOPT
#include <malloc.h>
#endif
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_PRCTL
#include <sys/prctl.h>
#endif
#include <sys/resource.h>
#include <unistd.h>

#include "app/app.h"
#include "app/dump.h"
#include "app/outside.h"
#include "app/query.h"
#include "base/err.h"
#include "base/err_log.h"
#include "base/fd.h"
#include "base/left_fds.h"
#include "base/log.h"
#include "base/manager.h"
#include "conf/conf.h"

#define STATUS_ERROR 255
#define STATUS_NO_LOG 1 /* as ssh has it */
/* More than one turn of a bulk transfer allocates and frees. */
#define HEAP_KEPT (1024 * 1024)

/* What whoever started us has given us. */
struct birth {
	int argc;
	char **argv;
	struct left_fds left;
	struct manager manager;
};

/* A descriptor 0, 1 or 2 that the caller closed must not become a socket. */
static void
fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

/* Keys and passwords are in memory: neither a core nor another process of the
 * user's shall have them. The sanitizers look at themselves from outside. */
static void
forbid_cores(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CORE, &limit) == 0) {
		limit.rlim_cur = 0;
		setrlimit(RLIMIT_CORE, &limit);
	}
#if defined(HAVE_PRCTL) && !defined(HAWSER_SANITIZERS)
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/* What one turn frees, the next one allocates: do not give it back to the
 * kernel, which would clear it each time. */
static void
keep_heap(void)
{
#ifdef HAVE_MALLOPT
	mallopt(M_TRIM_THRESHOLD, HEAP_KEPT);
#endif
}

/* Tell of an error: usage as it is, the rest through the log. */
static void
print_error(const struct err *e)
{
	if (e->kind == ERR_USAGE) {
		fputs(e->text, stderr);
		return;
	}
	if (e->kind == ERR_UNSUPPORTED && log_get_level() < LOG_LEVEL_ERROR)
		log_set_level(LOG_LEVEL_ERROR);
	err_log(e);
	if (e->hint[0] != '\0' && log_can_stand())
		log_info("%s", e->hint);
}

/* What the reading of the configuration has to say; once. ssh writes its
 * warnings to stderr whatever the log level. */
static void
print_notes(struct conf *c)
{
	for (size_t i = 0; i < c->warnings.len; i++)
		fprintf(stderr, "%s\n", c->warnings.items[i]);
	for (size_t i = 0; i < c->errors.len; i++)
		log_error("%s", c->errors.items[i]);
	strv_clear(&c->warnings);
	strv_clear(&c->errors);
}

static char *
version_text(void)
{
	return conf_version_text(app_library_version(),
				 OpenSSL_version(OPENSSL_VERSION_STRING));
}

static void
print_version(void)
{
	char *text = version_text();

	fprintf(stderr, "%s\n", text);
	free(text);
}

static int
print_query(struct conf *c, int *ret_status, struct err *e)
{
	char *text = query_list(c, e);

	if (text == NULL)
		return -1;
	fputs(text, stdout);
	free(text);
	*ret_status = 0;
	return 0;
}

/* The first line of -v. */
static void
log_version(void)
{
	char *text = version_text();

	log_info("%s", text);
	free(text);
}

/* -E and -v count before the files are read, LogLevel in them after. */
static int
set_log(const struct conf *c, struct err *e)
{
	log_set_level(c->log_level);
	if (c->log_file != NULL && log_to_file(c->log_file) != 0)
		return err_set(e, ERR_LOCAL, "Couldn't open logfile %s: %s",
			       c->log_file, strerror(errno));
	return 0;
}

/* Keep what is to be written to, and nothing else. */
static int
close_others(const struct left_fds *left, const struct conf *c, struct err *e)
{
	int ready = c->ready_fd, events = conf_events_fd(c);

	left_fds_close(left, ready, events);
	if (ready > STDERR_FILENO && !left_fds_has(left, ready))
		return err_set(e, ERR_LOCAL, "ReadyFd %d: it is not open",
			       ready);
	if (events > STDERR_FILENO && !left_fds_has(left, events))
		return err_set(e, ERR_LOCAL, "EventsFile %s: it is not open",
			       c->events_file);
	return 0;
}

static int
run(struct conf *c, const struct birth *b, int *ret_status, struct err *e)
{
	if (conf_parse_argv(c, b->argc, b->argv, e) != 0)
		return -1;
	if (c->action == CONF_ACTION_VERSION) {
		print_version();
		*ret_status = 0;
		return 0;
	}
	if (c->action == CONF_ACTION_QUERY)
		return print_query(c, ret_status, e);
	if (set_log(c, e) != 0) {
		print_error(e);
		*ret_status = STATUS_NO_LOG;
		return 0;
	}
	if (log_get_level() >= LOG_LEVEL_DEBUG1)
		log_version();
	c->outside = outside_hooks();
	if (conf_load(c, e) != 0 || conf_finish(c, e) != 0)
		return -1;
	log_set_level(c->log_level);
	if (c->use_syslog)
		log_to_syslog(c->syslog_facility);
	print_notes(c);
	if (c->action == CONF_ACTION_DUMP || c->action == CONF_ACTION_EXPLAIN) {
		*ret_status = 0;
		return dump_write(c, stdout, e);
	}
	if (conf_unsupported(c, e) != 0 || close_others(&b->left, c, e) != 0)
		return -1;
	return app_run(c, &b->manager, ret_status, e);
}

int
main(int argc, char **argv)
{
	struct birth b = { .argc = argc, .argv = argv };
	struct conf c;
	struct err e = { .kind = ERR_NONE };
	int status = STATUS_ERROR;

	fill_standard_descriptors();
	left_fds_find(&b.left, FD_FIRST_PASSED + fd_passed());
	manager_take(&b.manager);
	forbid_cores();
	keep_heap();
	setlocale(LC_CTYPE, "");
	conf_init(&c);
	if (run(&c, &b, &status, &e) != 0) {
		status = STATUS_ERROR;
		print_notes(&c);
		print_error(&e);
	}
	conf_clear(&c);
	manager_clear(&b.manager);
	left_fds_clear(&b.left);
	return status;
}
