/* A server's first words; whole, and in pieces as long as the first byte
 * says. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "ssh/negotiation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define GCM "aes128-gcm@openssh.com"
#define CHACHA "chacha20-poly1305@openssh.com"

static const char *const ours[NEGOTIATION_LISTS] = {
	"curve25519-sha256,ecdh-sha2-nistp256",
	"ssh-ed25519,rsa-sha2-512",
	CHACHA ",aes128-ctr," GCM,
	CHACHA ",aes128-ctr," GCM,
	"hmac-sha2-256,hmac-sha2-512",
	"hmac-sha2-256,hmac-sha2-512",
	"zlib@openssh.com,none",
	"zlib@openssh.com,none",
};

/* If all is well, libssh2 may be let loose on it. */
static void
check(const struct negotiation *theirs)
{
	struct negotiation mine, agreed = { { NULL } };
	struct err e = { .kind = ERR_NONE };
	int rc;

	for (size_t i = 0; i < NEGOTIATION_LISTS; i++)
		mine.lists[i] = xstrdup(ours[i]);
	rc = negotiation_check(&mine, theirs, &agreed, &e);
	assert((rc == 0) == (e.kind == ERR_NONE));
	for (size_t i = 0; i < NEGOTIATION_LISTS; i++) {
		char *name = negotiation_agree(ours[i], theirs->lists[i]);

		assert(rc != 0 || name != NULL || i == NEGOTIATION_MAC_OUT ||
		       i == NEGOTIATION_MAC_IN);
		free(name);
	}
	negotiation_clear(&agreed);
	negotiation_clear(&mine);
}

static void
same(const char *a, const char *b)
{
	assert((a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct greeting whole = { .has_offer = false };
	struct greeting pieces = { .has_offer = false };
	struct err e;
	size_t step, at = 0;
	int rc_whole, rc_pieces = 0;

	if (size == 0)
		return 0;
	step = data[0] + (size_t)1;
	data++;
	size--;
	rc_whole = greeting_parse(&whole, data, size, &e);
	while (at < size && rc_pieces == 0) {
		at = size - at < step ? size : at + step;
		rc_pieces = greeting_parse(&pieces, data, at, &e);
	}
	assert(rc_whole == rc_pieces || pieces.has_offer);
	if (rc_whole == 0) {
		assert(whole.has_offer == pieces.has_offer);
		assert(whole.n_lines == pieces.n_lines);
		same(whole.first_line, pieces.first_line);
		same(whole.identification, pieces.identification);
	}
	if (whole.has_offer)
		check(&whole.offer);
	greeting_clear(&whole);
	greeting_clear(&pieces);
	return 0;
}
