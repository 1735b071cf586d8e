/* The method "hostbased" (RFC 4252 section 9): this machine vouches for its
 * user, with its own host keys. */
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/auth.h"
#include "auth/keysign.h"
#include "auth/method.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/path.h"
#include "base/xalloc.h"
#include "keys/key.h"
#include "net/address.h"
#include "net/errand.h"
#include "net/stream.h"
#include "ssh/session.h"

#define KEY_FILES 6

struct hostbased {
	struct strv algorithms;      /* that are allowed, best first */
	struct key *keys[KEY_FILES]; /* of this machine; NULL: none, or tried */
	const char *algorithm;       /* in use */
	struct key *key;
	struct errand *naming; /* finds client_host; NULL: cannot */
	char *client_host;
	struct login_host login;
	struct keysign *keysign;
	bool is_offering;
};

/* In ssh's order. */
static void
load_keys(struct hostbased *h)
{
	static const char *const files[KEY_FILES] = {
		"/etc/ssh/ssh_host_ecdsa_key-cert.pub",
		"/etc/ssh/ssh_host_ed25519_key-cert.pub",
		"/etc/ssh/ssh_host_rsa_key-cert.pub",
		"/etc/ssh/ssh_host_ecdsa_key.pub",
		"/etc/ssh/ssh_host_ed25519_key.pub",
		"/etc/ssh/ssh_host_rsa_key.pub",
	};

	for (size_t i = 0; i < KEY_FILES; i++) {
		struct err ignored = { .kind = ERR_NONE };

		if (access(files[i], R_OK) == 0)
			h->keys[i] = key_load_public(files[i], NULL, &ignored);
	}
}

/* In a copy of ourselves (net/errand.h): the name of an address. Writes nothing
 * if it has none. */
static void
name_address(void *work, int out)
{
	const struct address *a = work;
	char name[NI_MAXHOST];

	fd_close_all_but(out);
	if (getnameinfo(&a->any, a->len, name, sizeof(name), NULL, 0,
			NI_NAMEREQD) == 0)
		fd_write(out, name, strlen(name));
}

/* Begin to look for the name that the server will find for our end of the
 * connection. */
static void
look_for_name(struct auth *a, struct hostbased *h)
{
	struct address local;
	const struct errand_params p = {
		.loop = a->loop,
		.run = name_address,
		.work = &local,
		.max = NI_MAXHOST,
		.wake = a->params->wake,
		.arg = a->params->wake_arg,
	};

	if (address_of_socket(&local, stream_fd(session_stream(a->session))) ==
	    0)
		h->naming = errand_new(&p);
}

/* Take the name, with a dot behind it, as ssh-keysign wants it; or our own idea
 * of it. STEP_FAIL: there is none. */
static enum step
take_name(struct hostbased *h)
{
	char own[NI_MAXHOST] = "";
	struct buf *found = NULL;

	if (h->client_host != NULL)
		return STEP_DONE;
	if (h->naming != NULL && errand_step(h->naming, &found) == STEP_AGAIN)
		return STEP_AGAIN;
	if (found != NULL && found->len > 0)
		h->client_host = xasprintf("%s.", buf_str(found));
	else if (gethostname(own, sizeof(own) - 1) == 0)
		h->client_host = xasprintf("%s.", own);
	else
		return STEP_FAIL;
	return STEP_DONE;
}

void
hostbased_free(struct hostbased *h)
{
	if (h == NULL)
		return;
	keysign_free(h->keysign);
	for (size_t i = 0; i < KEY_FILES; i++)
		key_free(h->keys[i]);
	key_free(h->key);
	strv_clear(&h->algorithms);
	errand_free(h->naming);
	free(h->client_host);
	free(h);
}

/* For the login: have it signed. */
static enum step
sign(void *arg, const struct buf *data, struct buf *ret_signature)
{
	struct auth *a = arg;
	struct hostbased *h = a->hostbased;
	const struct keysign_params p = {
		.loop = a->loop,
		.socket = stream_fd(session_stream(a->session)),
		.wake = a->params->wake,
		.arg = a->params->wake_arg,
	};
	struct err e = { .kind = ERR_NONE };
	enum step step = STEP_FAIL;

	if (h->keysign == NULL)
		h->keysign = keysign_new(&p, data, &e);
	if (h->keysign != NULL)
		step = keysign_step(h->keysign, ret_signature, &e);
	if (step == STEP_AGAIN)
		return step;
	keysign_free(h->keysign);
	h->keysign = NULL;
	if (step == STEP_FAIL)
		log_error("sign using hostkey %s failed: %s", h->key->name,
			  e.text);
	return step;
}

static bool
signs_as(const struct key *k, const char *algorithm)
{
	const char *const *names = key_algorithms(k);

	for (size_t i = 0; names != NULL && names[i] != NULL; i++)
		if (strcmp(names[i], algorithm) == 0)
			return true;
	return false;
}

/* Take the next key that has not been tried; false if there is none. */
static bool
choose(struct hostbased *h)
{
	for (size_t i = 0; i < h->algorithms.len; i++)
		for (size_t k = 0; k < KEY_FILES; k++) {
			if (h->keys[k] == NULL ||
			    !signs_as(h->keys[k], h->algorithms.items[i]))
				continue;
			key_free(h->key);
			h->key = h->keys[k];
			h->keys[k] = NULL;
			h->algorithm = h->algorithms.items[i];
			return true;
		}
	log_debug("No more client hostkeys for hostbased authentication.");
	return false;
}

static void
offer(struct auth *a, struct hostbased *h)
{
	char *print = key_fingerprint(h->key, KEY_HASH_SHA256);

	log_debug("trying hostkey %s %s using sigalg %s", h->key->name, print,
		  h->algorithm);
	free(print);
	h->login = (struct login_host){
		.algorithm = h->algorithm,
		.blob = h->key->blob,
		.len = h->key->len,
		.client_host = h->client_host,
		.client_user = path_user(),
		.sign = sign,
		.arg = a,
	};
	h->is_offering = true;
}

static enum login_result
hostbased_step(struct auth *a)
{
	struct hostbased *h = a->hostbased;
	enum login_result result = LOGIN_REFUSED;

	enum step named = take_name(h);

	if (!session_can(a->session, SESSION_HOSTBASED) || named == STEP_FAIL ||
	    path_user() == NULL)
		return LOGIN_REFUSED;
	if (named == STEP_AGAIN)
		return LOGIN_AGAIN;
	while (result == LOGIN_REFUSED || result == LOGIN_CANCELLED) {
		if (!h->is_offering && !choose(h))
			return LOGIN_REFUSED;
		if (!h->is_offering)
			offer(a, h);
		result =
		    login_hostbased(a->session, a->params->user, &h->login);
		auth_show_banner(a);
		h->is_offering = result == LOGIN_AGAIN;
		if (result != LOGIN_REFUSED)
			continue;
		auth_log_methods(a);
		if (!auth_can_continue(a, "hostbased"))
			return result;
	}
	return result;
}

/* Each key gets one chance, also after a partial success. */
static void
hostbased_reset(struct auth *a)
{
	struct hostbased *h = a->hostbased;

	if (h != NULL)
		return;
	h = a->hostbased = xcalloc(1, sizeof(*h));
	strv_split(&h->algorithms, a->params->host_algorithms, ",");
	load_keys(h);
	look_for_name(a, h);
}

const struct method method_hostbased = {
	.name = "hostbased",
	.step = hostbased_step,
	.reset = hostbased_reset,
};
