/*
 * key_data - the test keys in data/keys/ (data/make-test-keys says what they
 * are).
 */
#ifndef TESTS_UNIT_KEY_DATA_H
#define TESTS_UNIT_KEY_DATA_H

#include <string.h>

#include "base/secret.h"
#include "base/wire.h"
#include "data.h"
#include "keys/key.h"
#include "keys/private_key.h"

/* The key in keys/FILE.pub; a missing one ends the test. */
static inline struct key *
key_data_public(const char *file)
{
	char *name = xasprintf("keys/%s.pub", file), *path = data_path(name);
	struct err e = { 0 };
	struct key *k = key_load_public(path, NULL, &e);

	if (k == NULL) {
		printf("Bail out! %s\n", e.text);
		exit(1);
	}
	free(path);
	free(name);
	return k;
}

/* A uint64 of a certificate. */
static inline void
key_data_put_u64(struct buf *b, uint64_t value)
{
	wire_put_u32(b, (uint32_t)(value >> 32));
	wire_put_u32(b, (uint32_t)value);
}

/* Append keys/FILE to b. */
static inline void
key_data_file(const char *file, struct buf *b)
{
	char *name = xasprintf("keys/%s", file);

	data_load(name, b);
	free(name);
}

/* private_key_parse() with a passphrase as a string (NULL: none). */
static inline enum private_result
key_data_parse(const struct buf *b, const char *passphrase,
	       struct private_key **ret_key, struct err *e)
{
	struct secret *s = NULL;
	enum private_result result;
	struct wire w;

	wire_init(&w, b->data, b->len);
	if (passphrase != NULL)
		s = secret_new(passphrase, strlen(passphrase));
	result = private_key_parse(&w, "test", s, ret_key, e);
	secret_free(s);
	return result;
}

#endif
