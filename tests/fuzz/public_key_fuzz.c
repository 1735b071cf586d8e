/* Public keys and certificates, as text and as blobs, and all that is shown of
 * them. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "auth/user_cert.h"
#include "base/err.h"
#include "base/xalloc.h"
#include "keys/key.h"
#include "keys/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
use(struct key *k)
{
	struct err e;
	struct key *again, *plain;

	if (k == NULL)
		return;
	free(key_fingerprint(k, KEY_HASH_SHA256));
	free(key_fingerprint(k, KEY_HASH_MD5));
	free(key_randomart(k, KEY_HASH_SHA256));
	free(key_base64(k));
	assert(key_algorithm_key_name(key_algorithms(k)[0]) != NULL);
	again = key_from_blob(k->blob, k->len, &e);
	plain = key_plain(k);
	assert(again != NULL && key_equal(k, again));
	assert(plain != NULL && key_equal_plain(k, plain));
	if (k->cert != NULL) {
		assert(k->cert->critical_values.len ==
		       k->cert->critical_options.len);
		free(cert_validity(k->cert));
		user_cert_log(k, "");
		(void)user_cert_trouble(k, "ada", 1);
		(void)key_verify_cert(k, &e);
	}
	key_free(plain);
	key_free(again);
	key_free(k);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size), *comment = NULL;
	struct err e;

	use(key_from_blob(data, size, &e));
	use(key_from_text(text, &comment, &e));
	free(comment);
	free(text);
	return 0;
}
