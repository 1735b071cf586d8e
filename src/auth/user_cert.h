/*
 * user_cert - what a user certificate says, for the user. Nothing is decided
 * here: that is the server's.
 */
#ifndef AUTH_USER_CERT_H
#define AUTH_USER_CERT_H

#include <stdint.h>

struct key;

/* Note all that it says at debug level; name is what it is called. */
void user_cert_log(const struct key *cert, const char *name);

/* Why a server may have refused a key, if it is a certificate that was not made
 * for this user and time (seconds since the epoch). Static, or NULL. */
const char *user_cert_trouble(const struct key *key, const char *user,
			      uint64_t now);

#endif
