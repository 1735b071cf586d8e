/*
 * pubkey - one public key on its way through the method "publickey" (RFC 4252
 * section 7): its signature algorithm, and what is signed.
 */
#ifndef SSH_NATIVE_PUBKEY_H
#define SSH_NATIVE_PUBKEY_H

#include <stdbool.h>

#include "base/step.h"

struct buf;
struct key;
struct login_key;
struct session;
struct wire;

/* What was asked of the server, and is to be answered. */
enum userauth_request {
	USERAUTH_NONE,
	USERAUTH_QUERY, /* would this key do? */
	USERAUTH_SIGNED,
	USERAUTH_PASSWORD,
	USERAUTH_INTERACTIVE,
	USERAUTH_HOSTBASED,
	USERAUTH_GSSAPI,
};

struct pubkey {
	struct key *key;       /* owned; NULL: none is being tried */
	const char *algorithm; /* static */
	bool unbound;    /* the host shall not be named in what is signed */
	bool is_signing; /* and this was settled: */
	bool is_bound;   /* it is named */
};

void pubkey_clear(struct pubkey *p);

/* Begin with a key: choose an algorithm that the user allows and the server
 * knows. False if there is none. */
bool pubkey_choose(struct pubkey *p, const struct session *s,
		   const struct login_key *key);

/* Append what names the key in a request: algorithm and blob. */
void pubkey_put(const struct pubkey *p, struct buf *out);

/* Does a PK_OK (type first) speak of this key? */
bool pubkey_is_echo(const struct pubkey *p, const struct wire *message);

/* Append the whole request, type byte first, up to its signature. With OpenSSH
 * it is bound to the host (its PROTOCOL, section 3.1). Repeated for the same
 * key it gives the same. */
void pubkey_put_request(struct pubkey *p, const struct session *s,
			const char *user, const char *service,
			struct buf *request);

/* Append the signature's field of the request. As login_sign_fn. */
enum step pubkey_sign(const struct pubkey *p, const struct session *s,
		      struct login_key *key, const struct buf *request,
		      struct buf *ret_signature);

#endif
