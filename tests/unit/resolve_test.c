#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "net/address.h"
#include "net/hosts_file.h"
#include "net/loop.h"
#include "net/resolve.h"
#include "tap.h"

#define TURN_MS 10000
#define MANY 100

static struct loop *loop;
static int wakes;
static bool no_more_processes;

/*
 * These take the place of the C library's. The resolver of a few names: one
 * that never answers, one that has no answer, and one that has many.
 */
int
getaddrinfo(const char *restrict name, const char *restrict service,
	    const struct addrinfo *restrict hints,
	    struct addrinfo **restrict ret_list)
{
	static struct sockaddr_in in[MANY];
	static struct addrinfo list[MANY];
	int (*real)(const char *, const char *, const struct addrinfo *,
		    struct addrinfo **);

	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if ((hints->ai_flags & AI_NUMERICHOST) != 0 ||
	    strstr(name, ".example") == NULL)
		return real(name, service, hints, ret_list);
	while (strcmp(name, "silent.example") == 0)
		pause();
	if (strcmp(name, "many.example") != 0)
		return EAI_AGAIN;
	for (int i = 0; i < MANY; i++) {
		in[i].sin_family = AF_INET;
		in[i].sin_addr.s_addr = htonl(0xc0000200 + (uint32_t)i);
		list[i].ai_family = AF_INET;
		list[i].ai_addr = (struct sockaddr *)&in[i];
		list[i].ai_addrlen = sizeof(in[i]);
		list[i].ai_next = i + 1 < MANY ? &list[i + 1] : NULL;
	}
	*ret_list = list;
	return 0;
}

void
freeaddrinfo(struct addrinfo *list)
{
	void (*real)(struct addrinfo *);

	*(void **)&real = dlsym(RTLD_NEXT, "freeaddrinfo");
	if (list->ai_next == NULL || list->ai_next != list + 1)
		real(list);
}

pid_t
fork(void)
{
	pid_t (*real)(void);

	*(void **)&real = dlsym(RTLD_NEXT, "fork");
	if (!no_more_processes)
		return real();
	errno = EAGAIN;
	return -1;
}

static void
on_wake(void *arg)
{
	(void)arg;
	wakes++;
}

/* Step until it is over. */
static enum step
finish(struct resolve *r, const struct address **ret_found, size_t *ret_n,
       struct err *e)
{
	enum step step = resolve_step(r, ret_found, ret_n, e);

	while (step == STEP_AGAIN) {
		for (wakes = 0; wakes == 0;)
			if (loop_run_once(loop, TURN_MS, e) != 0)
				abort();
		step = resolve_step(r, ret_found, ret_n, e);
	}
	return step;
}

static void
test_at_once(void)
{
	struct resolve_params p = { .host = "::1", .port = 80 };
	const struct address *found = NULL;
	struct resolve *r;
	struct err e = { 0 };
	FILE *hosts = fopen("/etc/hosts", "re");
	size_t n = 0;

	r = resolve_new(loop, &p, on_wake, NULL);
	is_int(resolve_step(r, &found, &n, &e), STEP_DONE, "::1 at once");
	ok(n == 1 && found[0].any.sa_family == AF_INET6 &&
	       address_port(&found[0]) == 80,
	   "with the port");
	resolve_free(r);
	p.family = AF_INET;
	r = resolve_new(loop, &p, on_wake, NULL);
	is_int(resolve_step(r, &found, &n, &e), STEP_FAIL, "not as IPv4");
	resolve_free(r);
	if (hosts == NULL || !hosts_file_has(hosts, "localhost", AF_INET)) {
		skip("no localhost in /etc/hosts");
	} else {
		p.host = "localhost";
		r = resolve_new(loop, &p, on_wake, NULL);
		is_int(resolve_step(r, &found, &n, &e), STEP_DONE,
		       "so is a name in /etc/hosts");
		ok(n >= 1 && found[0].any.sa_family == AF_INET,
		   "in one family");
		resolve_free(r);
	}
	if (hosts != NULL)
		fclose(hosts);
}

static void
test_answers(void)
{
	struct resolve_params p = { .host = "many.example", .port = 80 };
	const struct address *found = NULL;
	struct resolve *r = resolve_new(loop, &p, on_wake, NULL);
	struct err e = { 0 };
	size_t n = 0;

	is_int(resolve_step(r, &found, &n, &e), STEP_AGAIN, "asked elsewhere");
	is_int(finish(r, &found, &n, &e), STEP_DONE, "answered");
	ok(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD,
	   "by a process that is gone");
	ok(n == 64, "as many as anybody tries");
	ok(ntohl(found[63].in.sin_addr.s_addr) == 0xc000023f, "in order");
	resolve_free(r);

	p.host = "nothing.example";
	r = resolve_new(loop, &p, on_wake, NULL);
	is_int(finish(r, &found, &n, &e), STEP_FAIL, "no answer");
	is_int(e.kind, ERR_RESOLVE, "is a kind of error");
	is_str(e.text, gai_strerror(EAI_AGAIN), "with a reason");
	resolve_free(r);

	no_more_processes = true;
	p.host = "many.example";
	r = resolve_new(loop, &p, on_wake, NULL);
	is_int(resolve_step(r, &found, &n, &e), STEP_FAIL,
	       "without a process there is no answer");
	resolve_free(r);
	p.may_wait = true;
	r = resolve_new(loop, &p, on_wake, NULL);
	is_int(resolve_step(r, &found, &n, &e), STEP_DONE,
	       "or it is asked here");
	no_more_processes = false;
	resolve_free(r);
	resolve_free(NULL);
}

static void
test_silence(void)
{
	struct resolve_params p = { .host = "silent.example", .port = 80 };
	const struct address *found = NULL;
	struct resolve *r = resolve_new(loop, &p, on_wake, NULL);
	struct err e = { 0 };
	size_t n = 0;

	wakes = 0;
	loop_run_once(loop, 10, &e);
	is_int(resolve_step(r, &found, &n, &e), STEP_AGAIN, "no answer yet");
	is_int(wakes, 0, "and nothing to say, but the loop goes on");
	resolve_free(r);
	ok(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD,
	   "given up: no child is left behind");
}

int
main(void)
{
	struct err e = { 0 };

	loop = loop_new(&e);
	if (!ok(loop != NULL, "a loop can be made"))
		return done_testing();
	test_at_once();
	test_answers();
	test_silence();
	loop_free(loop);
	return done_testing();
}
