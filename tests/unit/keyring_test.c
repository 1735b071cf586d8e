/* A key file is decrypted once, as long as it stays what it was. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/keyring.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "data.h"
#include "tap.h"

static void
place(const char *name, const char *path)
{
	struct buf b = BUF_INIT;

	data_load(name, &b);
	data_write(path, b.data, b.len, 0600);
	buf_clear(&b);
}

int
main(void)
{
	char *folder = data_scratch(), *path = xasprintf("%s/key", folder);
	struct keyring *r = keyring_new(), *shared = keyring_share(r);
	struct secret *right = secret_new("correct horse", 13);
	const struct private_key *key = NULL, *again = NULL;
	struct err e = { .kind = ERR_NONE };

	is_int(keyring_load(r, path, NULL, &key, &e), PRIVATE_ABSENT,
	       "no such file");
	place("keys/ed25519.enc", path);
	is_int(keyring_load(r, path, NULL, &key, &e), PRIVATE_ENCRYPTED,
	       "encrypted");
	ok(key == NULL, "nothing comes of that");
	is_int(keyring_load(r, path, right, &key, &e), PRIVATE_OK, "decrypted");
	is_int(keyring_load(r, path, NULL, &again, &e), PRIVATE_OK,
	       "and not asked for again");
	ok(again == key, "the same key");
	keyring_free(shared);
	is_int(keyring_load(r, path, NULL, &again, &e), PRIVATE_OK,
	       "an owner has left");
	place("keys/ecdsa256.enc", path);
	is_int(keyring_load(r, path, NULL, &again, &e), PRIVATE_ENCRYPTED,
	       "another file at the same place");
	is_int(chmod(path, 0644), 0, "it is open to others");
	is_int(keyring_load(r, path, right, &again, &e), PRIVATE_EXPOSED,
	       "which is looked at each time");
	place("keys/ed25519.enc", path);
	is_int(keyring_load(r, path, right, &key, &e), PRIVATE_OK, "again");
	keyring_clear(r);
	is_int(keyring_load(r, path, NULL, &again, &e), PRIVATE_ENCRYPTED,
	       "cleared");
	keyring_free(r);
	keyring_free(NULL);
	secret_free(right);
	unlink(path);
	rmdir(folder);
	free(path);
	free(folder);
	return done_testing();
}
