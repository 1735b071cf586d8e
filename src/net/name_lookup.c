#include "net/name_lookup.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/fd.h"
#include "base/xalloc.h"

struct question {
	const char *name;
	int family;
};

/* What the child says; small enough for a pipe to take it in one piece. */
struct answer {
	int code;
	int saved_errno;
	char canonical[NI_MAXHOST]; /* "" if there is none */
};

/* The child's life: the resolver cannot be asked for so long only. */
static void
answer(void *arg, int out)
{
	const struct question *question = arg;
	struct addrinfo hints = { .ai_family = question->family,
				  .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_CANONNAME };
	struct addrinfo *found = NULL;
	struct answer answer;

	fd_close_all_but(out);
	memset(&answer, 0, sizeof(answer));
	answer.code = getaddrinfo(question->name, NULL, &hints, &found);
	answer.saved_errno = errno;
	if (answer.code == 0 && found->ai_canonname != NULL &&
	    strlen(found->ai_canonname) < sizeof(answer.canonical))
		memcpy(answer.canonical, found->ai_canonname,
		       strlen(found->ai_canonname));
	fd_write(out, &answer, sizeof(answer));
}

int
name_lookup(const char *name, int family, int patience, char **ret_canonical)
{
	struct question question = { name, family };
	struct answer got = { .code = EAI_AGAIN };
	struct buf bytes = BUF_INIT;
	int patience_ms = -1;
	struct child child;

	errno = child_fork(&child, SIGKILL, answer, &question);
	if (errno != 0)
		return EAI_SYSTEM;
	if (patience > 0)
		patience_ms =
		    patience < INT_MAX / 1000 ? patience * 1000 : INT_MAX;
	child_collect(&child, &bytes, sizeof(got), patience_ms);
	if (bytes.len == sizeof(got))
		memcpy(&got, bytes.data, sizeof(got));
	buf_clear(&bytes);
	errno = got.saved_errno;
	got.canonical[sizeof(got.canonical) - 1] = '\0';
	if (got.code == 0 && got.canonical[0] != '\0')
		*ret_canonical = xstrdup(got.canonical);
	return got.code;
}
