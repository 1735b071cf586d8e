#include <stdint.h>
#include <string.h>

#include "base/secret.h"
#include "base/wire.h"
#include "keys/bcrypt_pbkdf.h"
#include "tap.h"

static const struct {
	const char *passphrase, *salt;
	uint32_t rounds;
	size_t len;
	const char *hex;
} vectors[] = {
	/* Published vectors; the files in data/keys/ are more. */
	{ "password", "salt", 4, 32,
	  "5bbf0cc293587f1c3635555c27796598d47e579071bf427e9d8fbe842aba34d9" },
	{ "password", "salt", 8, 64,
	  "e1367ec5151a33faac4cc1c144cd23fa15d5548493ecc99b9b5d9c0d3b27bec7"
	  "6227ea66088b849b20ab7aa478010246e74bba51723fefa9f9474d6508845e8d" },
};

int
main(void)
{
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		size_t len = strlen(vectors[i].passphrase);
		struct secret *s = secret_new(vectors[i].passphrase, len);
		unsigned char key[64];
		char hex[2 * sizeof(key) + 1] = "";
		struct wire salt;

		wire_init(&salt, vectors[i].salt, strlen(vectors[i].salt));
		is_int(bcrypt_pbkdf(s, &salt, vectors[i].rounds, key,
				    vectors[i].len),
		       0, "vector %zu", i);
		for (size_t j = 0; j < vectors[i].len; j++)
			(void)snprintf(hex + 2 * j, 3, "%02x", key[j]);
		is_str(hex, vectors[i].hex, "key of vector %zu", i);
		secret_free(s);
	}
	return done_testing();
}
