/*
 * What a peer sends, into a reader. The first byte chooses the cipher and the
 * MAC; if its top bit is set, the peer has the keys: the rest are packets of
 * which only the length is made to fit, each with two bytes in front that say
 * how long it is. The second byte says where to cut (that must not change
 * anything), and whether packets are compressed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/wire.h"
#include "ssh/native/armor.h"
#include "ssh/native/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HAS_KEYS = 0x80, IS_COMPRESSED = 0x80, KEY_BYTES = 64, TAG_MAX = 64 };

static const struct {
	const char *cipher, *mac;
} suites[] = {
	{ NULL, NULL },
	{ "chacha20-poly1305@openssh.com", NULL },
	{ "aes128-gcm@openssh.com", NULL },
	{ "aes256-ctr", "hmac-sha2-256" },
	{ "aes128-ctr", "hmac-sha2-512-etm@openssh.com" },
	{ "aes128-cbc", "hmac-sha1" },
	{ "aes256-cbc", "hmac-sha1-96-etm@openssh.com" },
	{ "3des-cbc", "hmac-sha2-512" },
};

#define N_SUITES (sizeof(suites) / sizeof(suites[0]))

static const unsigned char key_bytes[KEY_BYTES] = "all keys are the same";

static struct packet_keys
keys_of(size_t suite)
{
	return (struct packet_keys){ suites[suite].cipher, suites[suite].mac,
				     key_bytes, key_bytes, key_bytes };
}

/* Set the length, and fill up to whole blocks. */
static void
fit(struct buf *packet, const struct armor_shape *shape)
{
	struct buf length = BUF_INIT;

	while (packet->len < 12 + shape->apart ||
	       (packet->len - shape->apart) % shape->block != 0)
		buf_add_byte(packet, 0);
	wire_put_u32(&length, (uint32_t)(packet->len - 4));
	memcpy(packet->data, length.data, 4);
	buf_clear(&length);
}

/* What the peer who has the keys sends. */
static void
seal_all(size_t suite, struct wire *in, struct buf *out)
{
	struct packet_keys keys = keys_of(suite);
	struct err e;
	struct armor *a = suite > 0 ? armor_new(&keys, ARMOR_SEALS, &e) : NULL;
	const struct armor_shape *shape = armor_get_shape(a);

	for (uint32_t sequence = 0; in->len > 2; sequence++) {
		size_t len = ((size_t)in->data[0] << 8 | in->data[1]) + 4;
		struct buf packet = BUF_INIT;
		const unsigned char *bytes;

		(void)wire_get_bytes(in, 2, &bytes);
		len = len < in->len ? len : in->len;
		(void)wire_get_bytes(in, len, &bytes);
		buf_add(&packet, bytes, len);
		fit(&packet, shape);
		buf_room(&packet, TAG_MAX);
		if (armor_seal(a, sequence, packet.data, packet.len) != 0)
			abort();
		packet.len += shape->tag;
		buf_add(out, packet.data, packet.len);
		buf_clear(&packet);
	}
	armor_free(a);
}

/* Everything that comes out: each payload with its number, how it ended. */
static void
run(struct packet_reader *r, const struct buf *in, size_t piece,
    struct buf *result)
{
	enum step step = STEP_AGAIN;
	struct wire payload;
	struct err e = { 0 };

	for (size_t done = 0; done < in->len && step != STEP_FAIL;) {
		size_t len;
		unsigned char *room = packet_reader_room(r, &len);

		len = len < piece ? len : piece;
		len = len < in->len - done ? len : in->len - done;
		memcpy(room, in->data + done, len);
		packet_reader_filled(r, len);
		done += len;
		while ((step = packet_next(r, &payload, &e)) == STEP_DONE) {
			if (payload.len == 0 || payload.len > PACKET_MAX)
				abort();
			wire_put_u32(result, packet_reader_sequence(r));
			wire_put_string(result, payload.data, payload.len);
		}
	}
	if (step == STEP_FAIL && packet_next(r, &payload, &e) != STEP_FAIL)
		abort();
	buf_add_str(result, e.text);
}

static struct packet_reader *
new_reader(size_t suite, bool is_compressed)
{
	struct packet_reader *r = packet_reader_new();
	struct packet_keys keys = keys_of(suite);
	struct err e;

	if (suite > 0 && packet_reader_set_keys(r, &keys, &e) != 0)
		abort();
	if (is_compressed && packet_can_compress())
		packet_reader_decompress(r);
	return r;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf in = BUF_INIT, whole = BUF_INIT, pieces = BUF_INIT;
	struct packet_reader *one, *two;
	struct wire rest;
	size_t suite;

	if (size < 2)
		return 0;
	suite = (size_t)data[0] % HAS_KEYS % N_SUITES;
	one = new_reader(suite, (data[1] & IS_COMPRESSED) != 0);
	two = new_reader(suite, (data[1] & IS_COMPRESSED) != 0);
	wire_init(&rest, data + 2, size - 2);
	if ((data[0] & HAS_KEYS) != 0)
		seal_all(suite, &rest, &in);
	else
		buf_add(&in, rest.data, rest.len);
	run(one, &in, SIZE_MAX, &whole);
	run(two, &in, (size_t)data[1] % IS_COMPRESSED + 1, &pieces);
	if (whole.len != pieces.len ||
	    (whole.len > 0 && memcmp(whole.data, pieces.data, whole.len) != 0))
		abort();
	packet_reader_free(one);
	packet_reader_free(two);
	buf_clear(&in);
	buf_clear(&whole);
	buf_clear(&pieces);
	return 0;
}
