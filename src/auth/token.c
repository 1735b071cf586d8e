#include "auth/token.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auth/agent.h"
#include "auth/token_keys.h"
#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/strv.h"
#include "base/system.h"
#include "base/xalloc.h"
#include "keys/agent_serve.h"
#include "keys/agent_wire.h"

#define READ_BYTES 4096

struct token {
	struct child child;
	struct agent *agent;
	struct strv asked; /* names of tokens */
};

/* --- in the copy --- */

struct job {
	const char *library;
	int socket;
};

static int
log_in(struct token_keys *keys, const struct agent_request *r, struct err *e)
{
	char *token = xstrndup((const char *)r->token.data, r->token.len);
	struct secret *pin = secret_new((const char *)r->pin.data, r->pin.len);
	int rc = token_keys_log_in(keys, token, pin, e);

	secret_free(pin);
	free(token);
	return rc;
}

static void
list(const struct token_keys *keys, struct buf *answer)
{
	struct agent_keys found = { NULL, 0 };

	token_keys_list(keys, &found);
	agent_put_keys(answer, &found);
	agent_keys_clear(&found);
}

static void
respond(struct token_keys *keys, const struct agent_request *r,
	struct buf *answer)
{
	struct buf sig = BUF_INIT;
	struct err e = { .kind = ERR_NONE };

	switch (r->kind) {
	case AGENT_REQUEST_LIST:
		list(keys, answer);
		break;
	case AGENT_REQUEST_SIGN:
		if (token_keys_sign(keys, &r->key, &r->data, r->flags, &sig,
				    &e) == 0)
			agent_put_signature(answer, &sig);
		break;
	case AGENT_REQUEST_LOG_IN:
		if (log_in(keys, r, &e) == 0)
			agent_put_success(answer);
		else
			log_error("%s", e.text);
		break;
	case AGENT_REQUEST_OTHER:
		break;
	}
	if (e.kind != ERR_NONE)
		log_debug("%s", e.text);
	if (answer->len == 0)
		agent_put_failure(answer);
	buf_clear(&sig);
}

/* Until the other end is closed. */
static void
serve(struct token_keys *keys, int socket)
{
	struct buf in = { .wipe = true }, answer = BUF_INIT;
	struct agent_request request;
	struct err e = { .kind = ERR_NONE };
	ssize_t n = 1;
	long len;

	while (n > 0) {
		len = agent_message_len(in.data, in.len, &e);
		if (len < 0)
			break;
		if (len > 0) {
			agent_get_request(in.data, (size_t)len, &request);
			respond(keys, &request, &answer);
			fd_write(socket, answer.data, answer.len);
			buf_reset(&answer);
			buf_consume(&in, (size_t)len);
			continue;
		}
		n = read(socket, buf_room(&in, READ_BYTES), READ_BYTES);
		if (n > 0)
			in.len += (size_t)n;
	}
	buf_clear(&in);
}

static void
live_as_child(void *arg, int out)
{
	const struct job *job = arg;
	struct token_keys *keys;
	struct err e = { .kind = ERR_NONE };
	sigset_t none;

	(void)out;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	fd_close_others(job->socket, log_keep());
	keys = token_keys_open(job->library, &e);
	if (keys != NULL)
		serve(keys, job->socket);
	else
		log_error("PKCS11Provider: %s", e.text);
	_exit(0);
}

/* --- in the parent --- */

struct token *
token_new(struct loop *l, const char *library, void (*wake)(void *arg),
	  void *arg, struct err *e)
{
	struct token *t = xcalloc(1, sizeof(*t));
	struct job job = { .library = library };
	int pair[2], rc = 0;

	t->child = (struct child)CHILD_INIT;
	if (system_socketpair(pair) != 0) {
		err_set(e, ERR_LOCAL, "socketpair: %s", strerror(errno));
		token_free(t);
		return NULL;
	}
	job.socket = pair[1];
	rc = child_fork(&t->child, SIGKILL, live_as_child, &job);
	close(pair[1]);
	if (rc != 0) {
		err_set(e, ERR_LOCAL, "fork: %s", strerror(rc));
		close(pair[0]);
	} else {
		(void)fcntl(pair[0], F_SETFL, O_NONBLOCK);
		t->agent = agent_new_take(l, pair[0], wake, arg, e);
	}
	if (t->agent != NULL)
		return t;
	token_free(t);
	return NULL;
}

void
token_free(struct token *t)
{
	if (t == NULL)
		return;
	agent_free(t->agent);
	child_clear(&t->child);
	strv_clear(&t->asked);
	free(t);
}

enum step
token_list(struct token *t, struct agent_keys *ret_keys, struct err *e)
{
	return agent_list(t->agent, ret_keys, e);
}

enum step
token_sign(struct token *t, const struct agent_job *job, struct buf *sig,
	   struct err *e)
{
	return agent_sign(t->agent, job, sig, e);
}

bool
token_may_want_pin(const struct token *t, const char *name)
{
	return !strv_has(&t->asked, name);
}

enum step
token_log_in(struct token *t, const char *name, const struct secret *pin,
	     struct err *e)
{
	if (!strv_has(&t->asked, name))
		strv_add(&t->asked, name);
	return agent_log_in(t->agent, name, pin, e);
}
