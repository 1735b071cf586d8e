/*
 * sk_device - one signature by a security key (FIDO), through the system's
 * libfido2 or through a library of the user's that has OpenSSH's middleware
 * interface (PROTOCOL.u2f). It takes as long as the user needs to touch the
 * key, so it is done in a copy of ourselves; what is loaded for it stays there.
 */
#ifndef AUTH_SK_DEVICE_H
#define AUTH_SK_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/wire.h"

struct buf;
struct err;

/* The provider that is ours: libfido2. */
#define SK_INTERNAL "internal"

#define SK_TOUCH 0x01
#define SK_VERIFY 0x04

enum sk_status {
	SK_OK,
	SK_FAILED,
	SK_UNSUPPORTED,
	SK_WANTS_PIN, /* none was given, or a wrong one */
	SK_NOT_FOUND, /* no device that has the key */
};

struct sk_request {
	const char *provider;
	bool is_ed25519; /* else ECDSA with P-256 */
	struct wire message;
	const char *application;
	struct wire handle;
	uint8_t flags;
	const char *pin; /* NULL: none */
};

/* Append what follows the algorithm's name in a signature; unless it says
 * SK_OK, e is set. */
enum sk_status sk_device_sign(const struct sk_request *r, struct buf *sig,
			      struct err *e);

/* What a device has signed: for Ed25519 the whole signature is in r. */
struct sk_answer {
	struct wire r, s;
	uint8_t flags;
	uint32_t counter;
};

/* Append it. Returns 0, or -1 if it cannot be one. */
int sk_answer_put(const struct sk_answer *answer, bool is_ed25519,
		  struct buf *sig);

/* The part of sk_device_sign() for SK_INTERNAL. */
enum sk_status sk_fido_sign(const struct sk_request *r, struct buf *sig,
			    struct err *e);

#endif
