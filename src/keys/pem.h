/*
 * pem - private keys in the formats of OpenSSL: PKCS#1 and SEC1 ("RSA PRIVATE
 * KEY", "EC PRIVATE KEY"), in clear or with a DEK-Info header, and PKCS#8,
 * in clear or encrypted.
 */
#ifndef KEYS_PEM_H
#define KEYS_PEM_H

#include <openssl/types.h>

#include "keys/private_result.h"

struct err;
struct secret;
struct wire;

/*
 * Read the first private key of the file. With PRIVATE_OK *ret_pkey is owned
 * by the caller. The other results, and e, are those of private_key_parse().
 */
enum private_result pem_decode(const struct wire *file,
			       const struct secret *passphrase,
			       EVP_PKEY **ret_pkey, struct err *e);

#endif
