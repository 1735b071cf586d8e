/* A server's clear text: whole, and in pieces as long as the first byte says;
 * what libssh2 gets is the same, and begins with an identification. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/wire.h"
#include "ssh/libssh2/clear_text.h"
#include "ssh/negotiation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct negotiation ours = {
	{ "curve25519-sha256,diffie-hellman-group14-sha256,"
	  "diffie-hellman-group-exchange-sha256",
	  "ssh-ed25519,rsa-sha2-512", "aes128-gcm@openssh.com,aes128-ctr",
	  "aes128-gcm@openssh.com,aes128-ctr", "hmac-sha2-256", "hmac-sha2-256",
	  "none", "none" },
};

static int
take(const uint8_t *data, size_t size, size_t step, struct buf *out)
{
	struct greeting greeting = { .has_offer = false };
	struct err e = { .kind = ERR_NONE };
	struct clear_text c;
	size_t encrypted = 0, at = 0;
	int rc = 0;

	clear_text_init(&c, &ours, &greeting);
	while (at < size && rc == 0) {
		size_t n = size - at < step ? size - at : step;
		struct wire w;

		wire_init(&w, data + at, n);
		at += n;
		if (c.is_over)
			buf_add(out, w.data, w.len);
		else
			rc = clear_text_take(&c, &w, out, &encrypted, &e);
		assert(encrypted <= out->len);
	}
	assert((rc == 0) == (e.kind == ERR_NONE));
	clear_text_clear(&c);
	greeting_clear(&greeting);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = BUF_INIT, pieces = BUF_INIT;
	int rc_whole, rc_pieces;

	if (size == 0)
		return 0;
	rc_whole = take(data + 1, size - 1, size, &whole);
	rc_pieces = take(data + 1, size - 1, data[0] + (size_t)1, &pieces);
	assert(rc_whole == rc_pieces);
	if (rc_whole == 0)
		assert(whole.len == pieces.len &&
		       (whole.len == 0 ||
			memcmp(whole.data, pieces.data, whole.len) == 0));
	assert(whole.len < 4 || memcmp(whole.data, "SSH-", 4) == 0);
	buf_clear(&whole);
	buf_clear(&pieces);
	return 0;
}
