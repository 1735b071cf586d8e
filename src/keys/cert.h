/*
 * cert - the part of an OpenSSH certificate that follows the certified key
 * (OpenSSH's PROTOCOL.certkeys). key.c reads what comes before it.
 */
#ifndef KEYS_CERT_H
#define KEYS_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strv.h"

struct err;
struct key;
struct wire;

/* What a certificate says. All owned by the key that it is of. The CA's
 * signature is the end of the blob; key_verify_cert() checks it. */
struct key_cert {
	uint64_t serial;
	bool is_host; /* a host certificate; else a user certificate */
	char *id;     /* key id */
	struct strv principals;
	uint64_t valid_after, valid_before; /* seconds since the epoch */
	struct key *ca;                     /* the signing key */
	struct strv critical_options;       /* names */
	struct strv critical_values;        /* of each, "" if it is no text */
	struct strv extensions;             /* names */
	char *signature_algorithm;          /* the signing key's */
	size_t signed_len;                  /* of the blob, from its start */
	unsigned char *plain_blob; /* the certified key as a plain blob */
	size_t plain_len;
};

/*
 * Read everything from the serial number to the signature; rest is at the end
 * of the blob afterwards. Returns 0 and sets *ret_cert (owned by the caller;
 * its ca and plain_blob are not filled in, and signed_len counts from where
 * rest was) and *ret_ca (the signing key's blob, borrowed), or -1 with e set.
 */
int cert_parse(struct wire *rest, struct key_cert **ret_cert,
	       struct wire *ret_ca, struct err *e);

/* When it is valid, as ssh shows that: "forever", "from ... to ...". Owned by
 * the caller. */
char *cert_validity(const struct key_cert *cert);

void cert_free(struct key_cert *cert); /* but for its ca; NULL is fine */

#endif
