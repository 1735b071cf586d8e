/* A file of RevokedHostKeys, and the same with our key on one more line. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "keys/key.h"
#include "scratch.h"
#include "trust/known_hosts.h"
#include "trust/krl.h"

#define OURS                                                                   \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJD" \
	"pjrASKGLWdop"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
ask(const struct buf *text, const struct key *key)
{
	struct err e = { .kind = ERR_NONE };
	int rc = known_hosts_revoked_file(scratch_write(text->data, text->len),
					  key, &e);

	assert((rc < 0) == (e.kind != ERR_NONE));
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e;
	struct key *key = key_from_text(OURS, NULL, &e);
	struct buf text = BUF_INIT;
	int rc, again;

	assert(key != NULL);
	buf_add(&text, data, size);
	rc = ask(&text, key);
	buf_add_str(&text, "\n" OURS "\n");
	again = ask(&text, key);
	/* a KRL has no lines */
	if (!krl_is(data, size))
		assert(again == (rc == 0 ? 1 : rc));
	buf_clear(&text);
	key_free(key);
	return 0;
}
