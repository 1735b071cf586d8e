/*
 * auth - logging in: which methods, in which order, with which keys and
 * answers, until the server is satisfied or nothing is left to try.
 *
 * Public keys are offered before private key files are opened; questions go
 * to the asker.
 */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/identity.h"
#include "base/asker.h"
#include "base/step.h"
#include "base/strv.h"

struct auth;
struct err;
struct keyring;
struct loop;
struct session;

/* AddKeysToAgent */
enum auth_additions_mode {
	ADDITIONS_NONE,
	ADDITIONS_ALL,
	ADDITIONS_ASKED,     /* if the user agrees */
	ADDITIONS_CONFIRMED, /* each use of them will be */
};

struct auth_additions {
	enum auth_additions_mode mode;
	uint32_t life; /* seconds for which the agent keeps them; 0: for ever */
};

struct auth_params {
	const char *user;
	const char *host;            /* for messages */
	const char *asked_for;       /* the host in prompts */
	const char *methods;         /* allowed ones in order of preference */
	const char *algorithms;      /* for public keys; plain list */
	bool gssapi_delegates;       /* GSSAPIDelegateCredentials */
	const char *host_algorithms; /* for this machine's; plain list */
	bool unbound;            /* do not bind their signatures to the host */
	const char *agent_path;  /* NULL: no agent */
	struct keyring *keyring; /* borrowed */
	const char *security_key_provider; /* NULL: none */
	const char *pkcs11_provider;       /* NULL: none */
	struct auth_additions additions;
	struct identity_params identities;
	bool may_sign_first;    /* before asking: with the only key there is, */
	bool may_sign_known;    /* or with the remembered one */
	const char *remembered; /* the fingerprint of the key that let us in
				   last time; or NULL */
	int prompts;            /* NumberOfPasswordPrompts */
	bool can_ask;           /* false: BatchMode, or nobody to ask */

	struct asker asker;
	/* Show a banner of the server's, as sent; there may be several. */
	void (*banner)(void *arg, const char *text, size_t len);
	void *arg;

	void (*wake)(void *wake_arg); /* a step may get further */
	void *wake_arg;
};

/* Everything that p points to must outlive the auth; methods may be set as
 * late as for auth_begin(). Never fails. */
struct auth *auth_new(struct loop *l, const struct auth_params *p);

/* Gather the keys, as far as that goes without waiting; to be repeated. Only
 * spares time: auth_step() does it otherwise. */
void auth_prepare(struct auth *a);

/* What an agent is told of a session, for one that is not forwarded. Borrowed
 * from the session, which has SESSION_HOST_PROOF. */
struct agent_binding;
void session_binding(const struct session *s, struct agent_binding *ret);

/* Tell the agent which host this session, whose host was verified, is with; to
 * be repeated while it says STEP_AGAIN, before auth_begin(). STEP_FAIL: e says
 * what ended the connection. */
enum step auth_bind(struct auth *a, struct session *s, struct err *e);

/* Log in on this session, whose host was verified. If is_early, the first
 * requests are sent at once, with a key if one is ready to be offered. */
void auth_begin(struct auth *a, struct session *s, bool is_early);

void auth_free(struct auth *a);

/*
 * STEP_DONE: logged in. STEP_FAIL: e is ERR_AUTH with ssh's last line
 * ("user@host: Permission denied (publickey).") or what ended the connection.
 */
enum step auth_step(struct auth *a, struct err *e);

/* The method that logged us in, after STEP_DONE. Static. */
const char *auth_method(const struct auth *a);

/* The fingerprint (SHA256) of the key that let us in, owned by the caller; NULL
 * if none did. */
char *auth_fingerprint(const struct auth *a);

/* How we got in, for the user: the method and, with a key, which one. Owned by
 * the caller. */
char *auth_describe(const struct auth *a);

/* One line per identity considered and what happened to it; and about the
 * agent, if it failed. */
void auth_report(const struct auth *a, struct strv *lines);

#endif
