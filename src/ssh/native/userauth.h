/*
 * userauth - the authentication protocol (RFC 4252), the client's side, and
 * keyboard-interactive (RFC 4256): what stands behind login.h.
 *
 * Requests may be sent before earlier ones are answered; the answers come in
 * the order of the requests, and each is given to the call of its method.
 */
#ifndef SSH_NATIVE_USERAUTH_H
#define SSH_NATIVE_USERAUTH_H

#include <stdbool.h>

#include "base/buf.h"
#include "ssh/login.h"
#include "ssh/native/pubkey.h"

struct session;
struct wire;

struct userauth {
	bool has_asked; /* for the service */
	bool is_served;
	bool is_done;
	struct buf awaited; /* kinds of requests without an answer, in order */
	unsigned int n_ahead; /* of them, sent before their time */
	bool is_key_accepted; /* that of the query sent first */
	char *methods;        /* that can continue; or NULL */
	struct buf banner;    /* not yet shown */
	struct buf shown;     /* what login_banner() handed out */
	unsigned int rounds;  /* of questions or new passwords, in a request */
	bool wants_new;       /* password, and the user has not given it */
	struct challenge *challenge; /* not answered by the user; or NULL */
	struct pubkey pubkey;
};

/* The server goes on: whatever was sent before its time, it does not mind. */
void native_login_did_no_harm(struct session *s);

struct userauth *userauth_new(void);
void userauth_free(struct userauth *u); /* wipes; NULL is fine */

/* Send a whole request, type byte first. */
void userauth_send(struct session *s, const struct buf *request,
		   enum userauth_request kind);

/*
 * The next answer to the oldest request. LOGIN_AGAIN with a message in w: one
 * that belongs to the request's method; with none (w->data NULL): nothing came.
 */
enum login_result userauth_answer(struct session *s, struct wire *w);

/* The method does not know the message: ends the connection. */
enum login_result userauth_unexpected(struct session *s, const struct wire *w);

/* The answer to the oldest request, whose method has no messages of its own. */
enum login_result userauth_simple_answer(struct session *s);

/* --- for the methods in other files --- */

/* Begin a request (RFC 4252 section 5); finished with transport_end(). */
struct buf *userauth_begin(struct session *s, const char *user,
			   const char *method, enum userauth_request kind);

bool userauth_is_awaited(const struct userauth *u, enum userauth_request kind);

/* Wipes; NULL is fine. */
void challenge_free(struct challenge *c);

/* The oldest request was answered, or will not be: the next one ends it. */
void userauth_settle(struct userauth *u);

#endif
