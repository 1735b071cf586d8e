/*
 * private_parts - what a struct private_key holds, for the files of this folder
 * that fill one in or use it. Others see private_key.h only.
 */
#ifndef KEYS_PRIVATE_PARTS_H
#define KEYS_PRIVATE_PARTS_H

#include <openssl/types.h>
#include <stdint.h>

#include "base/buf.h"

struct key;

struct private_key {
	EVP_PKEY *pkey;     /* NULL: a security key has it */
	struct key *public; /* always a plain key */
	char *comment;      /* "" if there is none */

	/* of a security key, as in its file */
	uint8_t sk_flags;
	struct buf sk_handle, sk_reserved;
};

#endif
