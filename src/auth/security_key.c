/* Signing with a key whose secret half is in a security key (FIDO): PIN, touch,
 * and the wait for both, while the loop goes on. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/agent.h"
#include "auth/auth.h"
#include "auth/method.h"
#include "auth/sk_device.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "keys/key.h"
#include "keys/private_key.h"
#include "net/errand.h"

/* What comes back from the copy: a status, and a signature or a reason. */
#define ANSWER_MAX ((size_t)4096)

enum phase { ASKING_PIN, SIGNING };

struct security_key {
	enum phase phase;
	struct sk_request request;
	struct buf message;
	char *application;
	struct secret *pin;
	struct errand *errand;
	char *notice; /* what the user reads meanwhile; NULL: nothing */
};

void
security_key_free(struct security_key *k)
{
	if (k == NULL)
		return;
	errand_free(k->errand);
	secret_free(k->pin);
	buf_clear(&k->message);
	free(k->application);
	free(k->notice);
	free(k);
}

/* In the copy. The device's library may need signals; and nobody else is to
 * wait for us. */
static void
sign_there(void *arg, int out)
{
	const struct sk_request *r = arg;
	struct buf sig = BUF_INIT, answer = BUF_INIT;
	struct err e = { .kind = ERR_NONE };
	enum sk_status status;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	fd_close_others(out, log_keep());
	status = sk_device_sign(r, &sig, &e);
	wire_put_byte(&answer, (unsigned char)status);
	if (status == SK_OK)
		wire_put_string(&answer, sig.data, sig.len);
	else
		wire_put_cstring(&answer, e.text);
	fd_write(out, answer.data, answer.len);
	_exit(0);
}

/* The application is what the key was made for; it is the last field. */
static int
take_application(const struct key *key, char **ret_application)
{
	struct key *plain = key_plain(key);
	struct wire fields, skipped;
	int rc = -1;

	key_get_fields(plain, &fields);
	if ((key->type != KEY_ECDSA_SK ||
	     wire_get_wire(&fields, &skipped) == 0) &&
	    wire_get_wire(&fields, &skipped) == 0 &&
	    wire_get_cstring(&fields, ret_application) == 0)
		rc = 0;
	key_free(plain);
	return rc;
}

static struct security_key *
begin(const struct auth *a, const struct identity *id,
      const struct agent_job *job)
{
	struct security_key *k = xcalloc(1, sizeof(*k));
	struct sk_request *r = &k->request;

	if (take_application(id->key, &k->application) != 0)
		k->application = xstrdup("");
	r->provider = a->params->security_key_provider;
	r->is_ed25519 = id->key->type == KEY_ED25519_SK;
	/* the next call has it elsewhere */
	buf_add(&k->message, job->data, job->len);
	wire_init(&r->message, k->message.data, k->message.len);
	r->application = k->application;
	private_key_sk(id->private, &r->handle, &r->flags);
	k->phase = r->flags & SK_VERIFY ? ASKING_PIN : SIGNING;
	return k;
}

/* STEP_FAIL: there is no answer. */
static enum step
ask_pin(struct auth *a, const struct identity *id, struct security_key *k)
{
	char *shown = str_visible(id->path, strlen(id->path));
	char *text = xasprintf(
	    "Enter PIN for %s key %s: ", key_type_name(id->key), shown);
	enum step step = STEP_FAIL;

	if (a->params->can_ask)
		step = auth_ask(a, text, false, &k->pin);
	if (step == STEP_DONE)
		k->request.pin = k->pin->text;
	free(text);
	free(shown);
	return step;
}

static int
start_signing(struct auth *a, const struct identity *id, struct security_key *k,
	      struct err *e)
{
	const struct errand_params p = {
		.loop = a->loop,
		.run = sign_there,
		.work = &k->request,
		.max = ANSWER_MAX,
		.wake = a->params->wake,
		.arg = a->params->wake_arg,
	};
	char *print;

	k->errand = errand_new(&p);
	if (k->errand == NULL)
		return err_set(e, ERR_LOCAL, "fork: %s", strerror(errno));
	if (!(k->request.flags & SK_TOUCH))
		return 0;
	print = key_fingerprint(id->key, KEY_HASH_SHA256);
	k->notice = xasprintf("Confirm user presence for key %s %s",
			      key_type_name(id->key), print);
	free(print);
	return 0;
}

static enum sk_status
take_answer(const struct buf *bytes, struct buf *sig, struct err *e)
{
	struct wire w, body;
	uint8_t status;

	wire_init(&w, bytes->data, bytes->len);
	if (wire_get_byte(&w, &status) != 0 || wire_get_wire(&w, &body) != 0 ||
	    w.len > 0) {
		err_set(e, ERR_LOCAL, "the provider has ended");
		return SK_FAILED;
	}
	if (status == SK_OK)
		buf_add(sig, body.data, body.len);
	else
		err_set(e, ERR_LOCAL, "%.*s", (int)body.len,
			(const char *)body.data);
	return (enum sk_status)status;
}

/* STEP_AGAIN here means: once more, with a PIN. */
static enum step
finish(struct auth *a, struct security_key *k, const struct buf *bytes,
       struct buf *sig, struct err *e)
{
	enum sk_status status = take_answer(bytes, sig, e);

	if (k->notice != NULL) {
		a->params->asker.forget(a->params->asker.arg);
		if (status == SK_OK && a->params->can_ask)
			log_verbose("User presence confirmed");
	}
	if (status == SK_OK)
		return STEP_DONE;
	if (status == SK_WANTS_PIN && k->pin == NULL && a->params->can_ask) {
		errand_free(k->errand);
		k->errand = NULL;
		free(k->notice);
		k->notice = NULL;
		k->phase = ASKING_PIN;
		return STEP_AGAIN;
	}
	return STEP_FAIL;
}

/* The user reads it until it is forgotten; nothing is answered. */
static void
show_notice(struct auth *a, const struct security_key *k)
{
	const struct question q = { .text = k->notice, .is_notice = true };
	struct secret *none = NULL;

	if (k->notice != NULL && a->params->can_ask)
		a->params->asker.ask(a->params->asker.arg, &q, &none);
	secret_free(none);
}

static enum step
advance(struct auth *a, const struct identity *id, struct security_key *k,
	struct buf *sig, struct err *e)
{
	struct buf *bytes;
	enum step step;

	for (;;) {
		if (k->phase == ASKING_PIN) {
			step = ask_pin(a, id, k);
			if (step == STEP_FAIL)
				err_set(e, ERR_LOCAL, "no PIN was given");
			if (step != STEP_DONE)
				return step;
			k->phase = SIGNING;
		}
		if (k->errand == NULL && start_signing(a, id, k, e) != 0)
			return STEP_FAIL;
		if (errand_step(k->errand, &bytes) == STEP_AGAIN) {
			show_notice(a, k);
			return STEP_AGAIN;
		}
		step = finish(a, k, bytes, sig, e);
		if (step != STEP_AGAIN)
			return step;
	}
}

enum step
security_key_sign(struct auth *a, const struct identity *id,
		  const struct agent_job *job, struct buf *sig, struct err *e)
{
	enum step step;

	if (a->security_key == NULL)
		a->security_key = begin(a, id, job);
	step = advance(a, id, a->security_key, sig, e);
	if (step == STEP_AGAIN)
		return step;
	security_key_free(a->security_key);
	a->security_key = NULL;
	return step;
}
