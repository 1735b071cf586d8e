/*
 * method - what the login methods share inside auth/. Each is one function
 * that is called until it says something else than LOGIN_AGAIN:
 * LOGIN_REFUSED then means that this method has nothing more to offer.
 */
#ifndef AUTH_METHOD_H
#define AUTH_METHOD_H

#include "auth/identity.h"
#include "base/step.h"
#include "base/strv.h"
#include "keys/agent_wire.h"
#include "ssh/login.h"

struct agent;
struct agent_job;
struct auth_params;
struct gssapi;
struct hostbased;
struct security_key;
struct token;

enum binding { BINDING_NONE, BINDING_LISTING, BINDING_DONE };

struct auth {
	struct loop *loop;
	struct session *session;
	const struct auth_params *params;
	const struct method *method; /* being tried, or NULL */
	bool has_asked_none;
	struct strv used_up; /* names of methods that are out of offers */

	/* public keys */
	struct agent *agent;
	struct token *token; /* PKCS11Provider; NULL: none, or of no use */
	struct agent_keys token_keys;
	struct secret *pin; /* on its way to it */
	bool has_asked_token;
	struct agent *keeper; /* the same, while a key is added to it */
	size_t n_agent_keys;  /* that it lists */
	enum binding binding; /* of the agent to the session */
	char *agent_trouble;  /* why the agent is of no use; or NULL */
	bool is_gathered;
	bool is_limited; /* the engine knows which signatures are allowed */
	struct identities identities;
	size_t next;          /* identity to try */
	struct login_key key; /* the call in progress */
	bool is_offering;
	bool was_accepted;     /* the key on offer: we have said so */
	bool keys_are_useless; /* the engine cannot sign any more */

	struct security_key *security_key; /* NULL: none is signing */
	struct gssapi *gssapi;             /* NULL: not tried */
	struct hostbased *hostbased;       /* NULL: not tried */

	/* questions */
	bool is_asking;  /* one is open */
	int passphrases; /* asked for, for the key that is being opened */
	int attempts;
	struct secret *password, *new_password;
	int rounds;     /* of questions, or of new passwords, so far */
	bool is_shown;  /* what stands above the questions of this round */
	bool was_asked; /* the server had a question */
	bool gave_up;
};

struct method {
	const char *name;
	enum login_result (*step)(struct auth *a);
	/* Start over, for a first use or after a partial success. */
	void (*reset)(struct auth *a);
};

extern const struct method method_gssapi; /* where HAVE_GSSAPI is */
extern const struct method method_hostbased;
extern const struct method method_publickey;
extern const struct method method_interactive;
extern const struct method method_password;
extern const struct method method_none;

void gssapi_free(struct gssapi *g);             /* NULL is fine */
void hostbased_free(struct hostbased *h);       /* NULL is fine */
void security_key_free(struct security_key *k); /* NULL is fine */

/* Ask the user, as an asker does. */
enum step auth_ask(struct auth *a, const char *text, bool echo,
		   struct secret **ret_answer);

/* Open an identity's private key file. STEP_FAIL: that cannot be done, and the
 * fate says why. */
enum step passphrase_load(struct auth *a, struct identity *id);

/* Ask for a yes. STEP_FAIL: anything else. */
enum step auth_confirm(struct auth *a, const char *text);

/* Is this identity's private key, once it is open, to be given to the agent? */
bool add_to_agent_is_due(const struct auth *a, const struct identity *id);

/* Do it, once: STEP_DONE, whether or not it could be done. */
enum step add_to_agent(struct auth *a, struct identity *id);

/* Learn what the PKCS11Provider has. STEP_AGAIN: not yet. */
enum step token_gather(struct auth *a);

/* Sign with a token's key; the PIN is asked for, once. As security_key_sign().
 */
enum step token_sign_for(struct auth *a, const struct identity *id,
			 const struct agent_job *job, struct buf *sig,
			 struct err *e);

/* Sign with a security key's identity, whose file is open, through the
 * SecurityKeyProvider, which is not NULL; to be repeated with the same
 * arguments. STEP_FAIL: e says why. */
enum step security_key_sign(struct auth *a, const struct identity *id,
			    const struct agent_job *job, struct buf *sig,
			    struct err *e);

/* Gather the keys; STEP_AGAIN while the agent has not told of its own. */
enum step publickey_gather(struct auth *a);

/* Put what the agent lists (NULL: there is none) and what the files hold in
 * order, in the place of what was so far. */
void publickey_take_keys(struct auth *a, const struct agent_keys *keys);

/* Bind the agent to the session, if that can be; once. */
enum step publickey_bind(struct auth *a);

/* The first key to offer, for a request that is sent before the server was
 * asked anything; NULL if none is ready. Then method_publickey's next step is
 * to wait for the answer about it. */
struct login_key *publickey_offer_first(struct auth *a);

/* The connection has ended: note what that leaves unknown about the key on
 * offer, if there is one. */
void publickey_note_end(struct auth *a);

/* Say what the server's last refusal leaves to try. */
void auth_log_methods(const struct auth *a);

/* Show what the server has said; after every call of login.h, and before the
 * user is asked something. */
void auth_show_banner(struct auth *a);

/* Does the server (still) accept the method? */
bool auth_can_continue(const struct auth *a, const char *method);

/* May this identity, which is on offer, sign before the server was asked? */
bool sign_first_is_due(struct auth *a, struct identity *id);

#endif
