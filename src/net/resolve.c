#include "net/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/xalloc.h"
#include "net/address.h"
#include "net/errand.h"
#include "net/hosts_file.h"

#define MAX_ADDRESSES 64

/* What the child says; small enough for a pipe to take it in one piece. */
struct answer {
	int code;        /* of getaddrinfo() */
	int saved_errno; /* with EAI_SYSTEM */
	size_t n;
	struct address addresses[MAX_ADDRESSES];
};

struct resolve {
	struct answer answer;
	bool has_answer;
	struct errand *errand; /* gets it; or NULL */
	bool is_impossible;    /* nobody need be asked to know that */
};

const char *
resolve_text(int code)
{
	if (code == EAI_SYSTEM && errno != 0)
		return strerror(errno);
	return gai_strerror(code);
}

/* The next address at or after ai that is (or is not) IPv6. */
static const struct addrinfo *
next_of(const struct addrinfo *ai, bool is_six)
{
	while (ai != NULL && (ai->ai_family == AF_INET6) != is_six)
		ai = ai->ai_next;
	return ai;
}

/* Add an address, if it is one, and return the next of its kind. */
static const struct addrinfo *
add(struct answer *answer, const struct addrinfo *ai, bool is_six)
{
	if (ai == NULL)
		return NULL;
	if (answer->n < MAX_ADDRESSES &&
	    address_from_system(&answer->addresses[answer->n], ai->ai_addr,
				ai->ai_addrlen) == 0)
		answer->n++;
	return next_of(ai->ai_next, is_six);
}

static void
look_up(const struct resolve_params *p, int flags, struct answer *ret_answer)
{
	struct addrinfo hints = { .ai_family = p->family,
				  .ai_socktype = SOCK_STREAM,
				  .ai_flags = flags };
	const struct addrinfo *six, *other;
	struct addrinfo *found = NULL;
	char service[16];

	memset(ret_answer, 0, sizeof(*ret_answer));
	snprintf(service, sizeof(service), "%d", p->port);
	ret_answer->code = getaddrinfo(p->host, service, &hints, &found);
	ret_answer->saved_errno = errno;
	if (ret_answer->code != 0)
		return;
	six = next_of(found, true);
	other = next_of(found, false);
	while (six != NULL || other != NULL) {
		six = add(ret_answer, six, true);
		other = add(ret_answer, other, false);
	}
	freeaddrinfo(found);
}

static void
give_up(struct resolve *r, int code)
{
	r->answer.code = code;
	r->answer.saved_errno = errno;
	r->has_answer = true;
}

/* The child's life. Signals stay blocked: those from the terminal go to all
 * processes of the job, and are the parent's business. */
static void
answer(void *arg, int out)
{
	struct answer answer;

	fd_close_all_but(out);
	look_up(arg, 0, &answer);
	fd_write(out, &answer, sizeof(answer));
}

/* That of another family has a code of its own with some C libraries only. */
static bool
is_number(const char *host)
{
	const struct resolve_params p = { .host = host };
	struct answer answer;

	look_up(&p, AI_NUMERICHOST, &answer);
	return answer.code == 0;
}

/* Can the system say it without asking anybody? */
static bool
is_near(const struct resolve_params *p)
{
	FILE *nsswitch = fopen("/etc/nsswitch.conf", "re");
	FILE *hosts = fopen("/etc/hosts", "re");
	bool is_near = hosts != NULL &&
		       (nsswitch == NULL || hosts_file_is_first(nsswitch)) &&
		       hosts_file_has(hosts, p->host, p->family);

	if (hosts != NULL)
		fclose(hosts);
	if (nsswitch != NULL)
		fclose(nsswitch);
	return is_near;
}

struct resolve *
resolve_new(struct loop *l, const struct resolve_params *p,
	    void (*wake)(void *arg), void *arg)
{
	const struct errand_params errand = {
		.loop = l,
		.run = answer,
		.work = (void *)(uintptr_t)p,
		.max = sizeof(struct answer),
		.wake = wake,
		.arg = arg,
	};
	struct resolve *r = xcalloc(1, sizeof(*r));

	r->has_answer = true;
	look_up(p, AI_NUMERICHOST, &r->answer);
	if (r->answer.code == 0)
		return r;
	r->is_impossible = r->answer.code != EAI_NONAME || is_number(p->host);
	if (r->is_impossible)
		return r;
	if (is_near(p)) {
		look_up(p, 0, &r->answer);
		return r;
	}
	r->errand = errand_new(&errand);
	if (r->errand != NULL)
		r->has_answer = false;
	else if (p->may_wait)
		look_up(p, 0, &r->answer);
	else
		give_up(r, EAI_SYSTEM);
	return r;
}

static void
take_answer(struct resolve *r, const struct buf *bytes)
{
	if (bytes->len == sizeof(r->answer))
		memcpy(&r->answer, bytes->data, sizeof(r->answer));
	else
		give_up(r, EAI_FAIL);
	r->has_answer = true;
}

/* What somebody who does not know these words may look at. */
static void
add_hint(int code, struct err *e)
{
	if (code == EAI_AGAIN)
		err_hint(e, RESOLVE_NO_ANSWER_HINT);
	else
		err_hint(e, "No name server and no /etc/hosts knows that name, "
			    "and no Host block of ~/.ssh/config gives it a "
			    "HostName.");
}

enum step
resolve_step(struct resolve *r, const struct address **ret_addresses,
	     size_t *ret_n, struct err *e)
{
	struct buf *bytes;

	if (!r->has_answer && errand_step(r->errand, &bytes) == STEP_DONE)
		take_answer(r, bytes);
	if (!r->has_answer)
		return STEP_AGAIN;
	if (r->answer.code == 0 && r->answer.n == 0)
		give_up(r, EAI_NONAME);
	if (r->answer.code != 0) {
		errno = r->answer.saved_errno;
		err_set(e, r->is_impossible ? ERR_CONF : ERR_RESOLVE, "%s",
			resolve_text(r->answer.code));
		add_hint(r->answer.code, e);
		return STEP_FAIL;
	}
	*ret_addresses = r->answer.addresses;
	*ret_n = r->answer.n;
	return STEP_DONE;
}

void
resolve_free(struct resolve *r)
{
	if (r == NULL)
		return;
	errand_free(r->errand);
	free(r);
}
