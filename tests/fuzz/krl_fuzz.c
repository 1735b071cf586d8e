/* A key revocation list, asked about a certificate, and the same with that
 * certificate's key on it, too. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/wire.h"
#include "keys/key.h"
#include "trust/krl.h"

enum { EXPLICIT_KEY = 2 };

/* Serial number 7, id "a test user". */
#define OURS                                                                   \
	"ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjA"     \
	"xQG9wZW5zc2guY29tAAAAIE+jPCg67r6bb6cOOOO5qHjp4NNk6+p7Ran8x6Gj577"     \
	"NAAAAIE7A+qa9dGaNanw0Mvz8oUFv0VMoRqFMvuxOMW12EAT4AAAAAAAAAAcAAAA"     \
	"BAAAAC2EgdGVzdCB1c2VyAAAAEAAAAANhZGEAAAAFZ3JhY2UAAAAAXgvhAAAAAAB"     \
	"w29iAAAAAQAAAAA1mb3JjZS1jb21tYW5kAAAACAAAAAR0cnVlAAAADnNvdXJjZS1"     \
	"hZGRyZXNzAAAADQAAAAkxMjcuMC4wLjEAAACCAAAAFXBlcm1pdC1YMTEtZm9yd2F"     \
	"yZGluZwAAAAAAAAAXcGVybWl0LWFnZW50LWZvcndhcmRpbmcAAAAAAAAAFnBlcm1"     \
	"pdC1wb3J0LWZvcndhcmRpbmcAAAAAAAAACnBlcm1pdC1wdHkAAAAAAAAADnBlcm1"     \
	"pdC11c2VyLXJjAAAAAAAAAAAAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIBYxZK5sdMz"     \
	"XF3avULQKOgrZOTxqD1Z/WC+gFEMyVd7WAAAAUwAAAAtzc2gtZWQyNTUxOQAAAEB"     \
	"EiDptsqyA8Rpjh62T7CUWR/i/6UVrkqd+x5RYEVL+Da9mdVr2ECPLcMLNcmI4sqv"     \
	"C4ifmW7cZeH8TbOQb4acO"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
ask(const struct buf *list, const struct key *key)
{
	struct err e = { .kind = ERR_NONE };
	int rc = krl_check(list->data, list->len, key, &e);

	assert((rc < 0) == (e.kind != ERR_NONE));
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e;
	struct key *key = key_from_text(OURS, NULL, &e), *plain;
	struct buf list = BUF_INIT, section = BUF_INIT;
	int rc, of_plain;

	log_set_level(LOG_LEVEL_QUIET);
	assert(key != NULL);
	plain = key_plain(key);
	buf_add(&list, data, size);
	rc = ask(&list, key);
	of_plain = ask(&list, plain);
	assert((rc < 0) == (of_plain < 0) && of_plain <= rc);
	wire_put_string(&section, plain->blob, plain->len);
	buf_add_byte(&list, EXPLICIT_KEY);
	wire_put_string(&list, section.data, section.len);
	of_plain = ask(&list, plain);
	/* what was cut off may be whole by now */
	assert(rc < 0 || of_plain == 1);
	buf_clear(&section);
	buf_clear(&list);
	key_free(plain);
	key_free(key);
	return 0;
}
