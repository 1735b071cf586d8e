/*
 * Private key files of every format; what can be read must also be able to
 * sign. Binary input is put into each of the text forms, because a fuzzer
 * does not find its way through base64.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/wire.h"
#include "keys/base64.h"
#include "keys/key.h"
#include "keys/private_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_file(const void *data, size_t size)
{
	char text[] = "correct horse";
	struct secret secret = { text, sizeof(text) - 1 };
	struct secret *passphrase = NULL;
	struct private_key *k = NULL;
	struct buf sig = BUF_INIT;
	struct wire message = { (const unsigned char *)"data", 4 };
	struct wire file;
	struct err e;

	/* Only this encryption does not cost time that the input chooses. */
	if (size > 0 && memmem(data, size, "DEK-Info", 8) != NULL)
		passphrase = &secret;
	wire_init(&file, data, size);
	if (private_key_parse(&file, "fuzz", passphrase, &k, &e) != PRIVATE_OK)
		return;
	(void)private_key_sign(k, key_algorithms(private_key_public(k))[0],
			       &message, &sig, &e);
	buf_clear(&sig);
	sig.wipe = true;
	(void)private_key_put(k, NULL, &sig, &e);
	buf_clear(&sig);
	private_key_free(k);
}

static void
try_body(const char *kind, const char *base64)
{
	struct buf file = BUF_INIT;

	buf_addf(&file, "-----BEGIN %s-----\n", kind);
	for (; strlen(base64) > 64; base64 += 64)
		buf_addf(&file, "%.64s\n", base64);
	buf_addf(&file, "%s\n-----END %s-----\n", base64, kind);
	try_file(file.data, file.len);
	buf_clear(&file);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *base64;

	try_file(data, size);
	if (size > 16384)
		return 0;
	base64 = base64_encode(data, size);
	if (size > 0 && data[0] == 'o') {
		try_body("OPENSSH PRIVATE KEY", base64);
	} else if (size > 0 && data[0] == 0x30) {
		try_body("PRIVATE KEY", base64);
		try_body("ENCRYPTED PRIVATE KEY", base64);
		try_body("RSA PRIVATE KEY", base64);
		try_body("EC PRIVATE KEY", base64);
	}
	free(base64);
	return 0;
}
