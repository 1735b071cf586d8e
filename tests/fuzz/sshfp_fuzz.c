/* SSHFP records, asked about a key, and the same with a wrong one more. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/wire.h"
#include "keys/key.h"
#include "trust/sshfp.h"

#define OURS                                                                   \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJD" \
	"pjrASKGLWdop"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char wrong[2 + 20] = { 4, 1 };
	struct err e;
	struct key *key = key_from_text(OURS, NULL, &e);
	struct buf records = BUF_INIT;
	enum sshfp_verdict verdict;
	struct wire w;

	log_set_level(LOG_LEVEL_QUIET);
	assert(key != NULL);
	wire_init(&w, data, size);
	verdict = sshfp_check(&w, key);
	assert((verdict == SSHFP_NONE) == (size == 0));
	/* in front: behind, it would not be found if the end is cut off */
	wire_put_string(&records, wrong, sizeof(wrong));
	buf_add(&records, data, size);
	wire_init(&w, records.data, records.len);
	verdict = sshfp_check(&w, key);
	assert(verdict == SSHFP_MISMATCH);
	buf_clear(&records);
	key_free(key);
	return 0;
}
