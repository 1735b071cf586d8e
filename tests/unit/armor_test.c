/* Ciphers by their published vectors, and the numbers of packets. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "packets.h"
#include "ssh/native/armor.h"
#include "tap.h"

enum { TEXT_LEN = 64, ROOM = TEXT_LEN + 64 };

static void
from_hex(const char *hex, unsigned char *out)
{
	struct buf b = BUF_INIT;

	hex_add(&b, hex);
	memcpy(out, b.data, b.len);
	buf_clear(&b);
}

/* NIST SP 800-38A, appendix F: the same text for all. It has no length in front
 * that we would care for. */
static const char text[] =
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

#define KEY128 "2b7e151628aed2a6abf7158809cf4f3c"
#define KEY192 "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b"
#define KEY256                                                                 \
	"603deb1015ca71be2b73aef0857d7781"                                     \
	"1f352c073b6108d72d9810a30914dff4"
#define COUNTER "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
#define VECTOR "000102030405060708090a0b0c0d0e0f"

static const struct {
	const char *cipher, *key, *iv, *hex;
} vectors[] = {
	{ "aes128-ctr", KEY128, COUNTER,
	  "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
	  "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee" },
	{ "aes192-ctr", KEY192, COUNTER,
	  "1abc932417521ca24f2b0459fe7e6e0b090339ec0aa6faefd5ccc2c6f4ce8e94"
	  "1e36b26bd1ebc670d1bd1d665620abf74f78a7f6d29809585a97daec58c6b050" },
	{ "aes256-ctr", KEY256, COUNTER,
	  "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
	  "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6" },
	{ "aes128-cbc", KEY128, VECTOR,
	  "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
	  "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7" },
	{ "aes192-cbc", KEY192, VECTOR,
	  "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a"
	  "571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd" },
	{ "aes256-cbc", KEY256, VECTOR,
	  "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
	  "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b" },
};

#define N_VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static void
test_vector(size_t i)
{
	unsigned char key[KEY_BYTES], iv[KEY_BYTES], packet[ROOM];
	unsigned char want[TEXT_LEN];
	struct fixed_keys f;
	struct armor *a;
	struct err e;

	fix_keys(&f, vectors[i].cipher, "hmac-sha2-256");
	from_hex(vectors[i].key, key);
	from_hex(vectors[i].iv, iv);
	from_hex(vectors[i].hex, want);
	from_hex(text, packet);
	f.keys.key = key;
	f.keys.iv = iv;
	a = armor_new(&f.keys, ARMOR_SEALS, &e);
	if (ok(a != NULL, "%s", vectors[i].cipher))
		ok(armor_seal(a, 0, packet, TEXT_LEN) == 0 &&
		       memcmp(packet, want, TEXT_LEN) == 0,
		   "%s as published", vectors[i].cipher);
	armor_free(a);
}

static struct armor *
new_armor(const struct suite *s, enum armor_use use, unsigned char last_iv)
{
	struct fixed_keys f;
	struct armor *a;
	struct err e;

	fix_keys(&f, s->cipher, s->mac);
	memset(f.iv + 4, last_iv, 8); /* GCM's counter */
	a = armor_new(&f.keys, use, &e);
	if (a == NULL)
		die(e.text);
	return a;
}

/* A packet whose length is right, for sealing. */
static void
make_text(unsigned char *packet, const struct armor_shape *shape)
{
	memset(packet, 4, ROOM);
	memset(packet, 0, 4);
	packet[3] = (unsigned char)(TEXT_LEN - shape->block + shape->apart - 4);
}

static bool
opens(struct armor *a, uint32_t sequence, unsigned char *packet, size_t len)
{
	uint32_t length = 0;

	return armor_open_length(a, sequence, packet, &length) == 0 &&
	       length + 4 == len && armor_open(a, sequence, packet, len) == 0;
}

/* The number 2^32-1 is followed by 0; a packet with another number than its
 * own is not taken (GCM has a counter of its own). */
static void
test_sequence(const struct suite *s)
{
	struct armor *seals = new_armor(s, ARMOR_SEALS, 0xff);
	struct armor *opens_it = new_armor(s, ARMOR_OPENS, 0xff);
	const struct armor_shape *shape = armor_get_shape(seals);
	size_t len = TEXT_LEN - shape->block + shape->apart;
	static const uint32_t numbers[] = { UINT32_MAX - 1, UINT32_MAX, 0, 1 };
	unsigned char packet[ROOM], plain[ROOM];
	bool good = true;

	make_text(plain, shape);
	for (size_t i = 0; i < 4; i++) {
		memcpy(packet, plain, sizeof(packet));
		good = good &&
		       armor_seal(seals, numbers[i], packet, len) == 0 &&
		       opens(opens_it, numbers[i], packet, len) &&
		       memcmp(packet + 4, plain + 4, len - 4) == 0;
	}
	ok(good, "%s %s: numbers wrap", cipher_of(s), mac_of(s));
	if (strstr(s->cipher, "gcm") == NULL) {
		memcpy(packet, plain, sizeof(packet));
		ok(armor_seal(seals, 2, packet, len) == 0 &&
		       !opens(opens_it, 3, packet, len),
		   "%s %s: not with another number", cipher_of(s), mac_of(s));
	}
	armor_free(seals);
	armor_free(opens_it);
}

/* RFC 5647: after ff..ff the counter is 0, and the fixed part is untouched. */
static void
test_gcm_counter(const char *cipher)
{
	struct suite s = { cipher, NULL };
	struct armor *wraps = new_armor(&s, ARMOR_SEALS, 0xff);
	struct armor *begins = new_armor(&s, ARMOR_SEALS, 0);
	unsigned char one[ROOM], two[ROOM];

	make_text(one, armor_get_shape(wraps));
	ok(armor_seal(wraps, 0, one, 52) == 0, "%s: counter ff..ff", cipher);
	make_text(one, armor_get_shape(wraps));
	make_text(two, armor_get_shape(wraps));
	ok(armor_seal(wraps, 1, one, 52) == 0 &&
	       armor_seal(begins, 0, two, 52) == 0 &&
	       memcmp(one, two, 52 + 16) == 0,
	   "%s: and then 0", cipher);
	armor_free(wraps);
	armor_free(begins);
}

/* A packet with number 0xfedcba98 as AsyncSSH 2.10.1 makes it: a byte 2, ten of
 * 0, four of padding, all 0xaa. */
static void
test_large_number(const char *cipher, const char *mac, const char *hex)
{
	static const unsigned char want[] = {
		4, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xaa, 0xaa, 0xaa, 0xaa
	};
	unsigned char packet[ROOM];
	struct fixed_keys f;
	struct armor *a;
	struct err e;

	from_hex(hex, packet);
	a = armor_new(fix_keys(&f, cipher, mac), ARMOR_OPENS, &e);
	if (a == NULL)
		die(e.text);
	ok(opens(a, 0xfedcba98, packet, 4 + sizeof(want)) &&
	       memcmp(packet + 4, want, sizeof(want)) == 0,
	   "%s: a large number", cipher);
	armor_free(a);
}

int
main(void)
{
	test_large_number("chacha20-poly1305@openssh.com", NULL,
			  "c2f231b54d3833237098ad5921ea4da42b79f7e7c415775c"
			  "8bfa2280bde65819cad7e76f");
	test_large_number("aes128-ctr", "hmac-sha2-256-etm@openssh.com",
			  "00000010a824591c0f8bd80ee7c7e3a27be4818866a23b8f"
			  "df950917d9287f279bfb5e8d9d3fa3ba27503adbf6f1dc32"
			  "82d1a7b3");
	for (size_t i = 0; i < N_VECTORS; i++)
		test_vector(i);
	each_suite(test_sequence);
	test_gcm_counter("aes128-gcm@openssh.com");
	test_gcm_counter("aes256-gcm@openssh.com");
	return done_testing();
}
