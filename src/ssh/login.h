/*
 * login - the authentication methods of RFC 4252 and RFC 4256, one call each.
 *
 * A call that returns LOGIN_AGAIN is repeated with the same arguments, which
 * stay alive and unchanged, until it returns something else. One call at a
 * time. These calls read the network themselves: no pump runs during login.
 */
#ifndef SSH_LOGIN_H
#define SSH_LOGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/step.h"

struct buf;
struct err;
struct login_key;
struct secret;
struct session;
struct wire;

enum login_result {
	LOGIN_AGAIN,
	LOGIN_SUCCESS,
	LOGIN_REFUSED,      /* the server does not want this */
	LOGIN_PARTIAL,      /* accepted, but the server wants more */
	LOGIN_CANCELLED,    /* our own callback gave up */
	LOGIN_NO_ALGORITHM, /* no signature algorithm in common */
	LOGIN_LOST,         /* the connection ended: session_explain() */
};

/* The method "none": tells what the server accepts. To be called once, first.
 */
enum login_result login_none(struct session *s, const char *user);

/*
 * Send the requests of login_none() (not with a key that signs at once) and,
 * unless key is NULL, of login_publickey() together, and with them what the
 * handshake still waits for (RFC 4252 section 5: requests need not wait for
 * answers). The answers are taken by calling these two, in this order, with the
 * same arguments, before anything else. To be called first, if at all.
 */
void login_send_first(struct session *s, const char *user,
		      struct login_key *key);

/* Has the server said which signature algorithms it takes (RFC 8308)? Before
 * that, libssh2 would offer an RSA key with SHA-1. */
bool login_knows_signatures(const struct session *s);

/* The methods that can continue, comma-separated, as the server last said;
 * "" before that. Borrowed until the next call. */
const char *login_methods(const struct session *s);

/* What the server has said in banners (RFC 4252 section 5.4) since this was
 * last asked, as sent, or NULL. They may come with any answer. Borrowed until
 * this is called again. */
const char *login_banner(struct session *s, size_t *ret_len);

/*
 * Sign data with a signature algorithm; append the inner signature as in
 * keys/private_key.h. STEP_AGAIN: the caller of login_publickey() repeats it
 * later. STEP_FAIL: the login becomes LOGIN_CANCELLED.
 */
typedef enum step login_sign_fn(void *arg, const char *algorithm,
				const void *data, size_t len,
				struct buf *ret_signature);

struct login_key {
	const void *blob; /* public key or certificate */
	size_t len;
	const char *algorithms; /* that the user allows, a plain list */
	bool unbound;           /* no publickey-hostbound-v00@openssh.com */
	bool sign_at_once;      /* the server need not be asked about it before:
				   with SESSION_SIGN_FIRST */
	login_sign_fn *sign; /* else called once the server accepts the key */
	void *arg;
	/* set by login_publickey() */
	bool was_accepted; /* the server would take a signature */
	bool has_signed;
	bool has_failed; /* sign() said STEP_FAIL */
};

enum login_result login_publickey(struct session *s, const char *user,
				  struct login_key *key);

/* Only with SESSION_HOSTBASED. sign() makes the whole signature of data (STEP_*
 * as for login_sign_fn) with the host key of this machine. */
struct login_host {
	const char *algorithm;
	const void *blob;
	size_t len;
	const char *client_host, *client_user;
	enum step (*sign)(void *arg, const struct buf *data,
			  struct buf *ret_signature);
	void *arg;
	bool is_sent; /* set by login_hostbased() */
};

enum login_result login_hostbased(struct session *s, const char *user,
				  struct login_host *h);

/* Only with SESSION_GSSAPI: RFC 4462 section 3, with one mechanism (its OID in
 * DER). */
struct login_gssapi {
	const void *mechanism;
	size_t len;
	/* The next token for the server, none at the end perhaps, from the last
	 * one of its own (at first none). STEP_DONE: the context stands.
	 * STEP_AGAIN: it needs another token. */
	enum step (*negotiate)(void *arg, const struct wire *token,
			       struct buf *ret_token);
	/* The context's code for the data; 0, or -1. */
	int (*sign)(void *arg, const struct buf *data, struct buf *ret_mic);
	void *arg;
	bool has_integrity; /* set by negotiate(): then sign() works */
	/* set by login_gssapi() */
	bool is_sent, is_chosen, is_established;
};

enum login_result login_gssapi(struct session *s, const char *user,
			       struct login_gssapi *g);

/* From now on let RSA keys sign with these algorithms only: comma-separated.
 * (Without this the server's taste decides.) */
void login_set_signatures(struct session *s, const char *list);

/* change(arg) supplies a new password when the server wants one: owned by the
 * library then. STEP_FAIL: it gives up (and with libssh2 the session is of no
 * more use). STEP_AGAIN, with SESSION_LATE_ANSWERS: the call returns
 * LOGIN_AGAIN, and asks again when it is repeated. */
struct login_password {
	const struct secret *password;
	enum step (*change)(void *arg, const struct login_password *p,
			    struct secret **ret_new);
	void *arg;
	/* set for change(): what the server says about it, as sent; borrowed */
	const char *prompt;
	size_t prompt_len;
};

enum login_result login_password(struct session *s, const char *user,
				 struct login_password *p);

struct login_question {
	const char *text; /* borrowed, as sent: make it visible first */
	size_t len;
	bool echo;
};

struct login_challenge {
	const char *name, *instruction; /* borrowed, as sent */
	size_t name_len, instruction_len;
	const struct login_question *questions;
	size_t n_questions;
};

/* Fill answers[0..n_questions), all NULL at first, with owned secrets.
 * STEP_FAIL: it gives up. STEP_AGAIN, with SESSION_LATE_ANSWERS: as for
 * change(); the answers that are there are kept, unless something else comes of
 * the call meanwhile. */
typedef enum step login_respond_fn(void *arg, const struct login_challenge *c,
				   struct secret **answers);

enum login_result login_interactive(struct session *s, const char *user,
				    login_respond_fn *respond, void *arg);

/* While nothing is asked of the server, because the user is: LOGIN_LOST if the
 * connection has ended, else LOGIN_AGAIN. (libssh2 cannot tell.) */
enum login_result login_listen(struct session *s);

/* Has the server let us in? */
bool login_is_done(const struct session *s);

#endif
