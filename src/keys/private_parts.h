/*
 * private_parts - what a struct private_key holds, for the files of this folder
 * that fill one in or use it. Others see private_key.h only.
 */
#ifndef KEYS_PRIVATE_PARTS_H
#define KEYS_PRIVATE_PARTS_H

#include <openssl/types.h>

struct key;

struct private_key {
	EVP_PKEY *pkey;
	struct key *public; /* always a plain key */
	char *comment;      /* "" if there is none */
};

#endif
