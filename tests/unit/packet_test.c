/* Packets through both ends: recorded ones, all suites, damage, cuts. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "packets.h"
#include "tap.h"

#define FIRST                                                                  \
	"\x5e"                                                                 \
	"first"
#define SECOND                                                                 \
	"\x62"                                                                 \
	"second packet, longer than a block"

/*
 * FIRST and SECOND as packets 3 and 4, made once by the encryption classes of
 * AsyncSSH 2.10.1 with the keys of packets.h, the least padding, all 0xaa.
 */
static const struct {
	const char *cipher, *mac, *hex;
} recorded[] = {
	{ "chacha20-poly1305@openssh.com", NULL,
	  "fb1a929a891b7ad24039d0db22e556a0114d3ce9e3da9c6af7dfebf5f3ae594f"
	  "72587f5c0b21f5dc6f62dc611ef4dc47a6729f547625fa95c98e7f44c0be2b84"
	  "e6f6722c0bedb83d4087b2507a2767fc515039449a1f342ad7933dc647fe87d2" },
	{ "aes128-gcm@openssh.com", NULL,
	  "00000010d67d1dd0d7b14eadacdfc7ad3104073fc50caec4bc974d3064afa172"
	  "24a454770000003064d7fee088c4eaefa9a1b1ffa12f1a2f92f9f059e6de944a"
	  "18070c359a147016ef2fe401afef25bcd8f34de44180dd1ec42bf4113bc38351"
	  "91ad0bf2769f0b26" },
	{ "aes256-gcm@openssh.com", NULL,
	  "0000001069fb08723361953b3421bf9aecd9008f274e1b6ff6b4ea24a06b2e99"
	  "5da033ac00000030a28539d5f5a6aca8e2610eb4794d219ce31ca9b0bfec40f6"
	  "92af04b6601fdbf1708777465f74af3fa2855d6b86fc5b7536bbcc94ed786edd"
	  "3e008c2a8eb3505b" },
	{ "aes128-ctr", "hmac-sha2-256",
	  "ac2659100ad5be6795b497087be4818887a4586aa185d12886e8e0e5e2d54c3f"
	  "2b5f2eb67255bc0aac435bc5ed7b9738f87ddb6574ab017905290f992a0d81ea"
	  "dfae8bf3a2d1648a21569571e94442a92a16b8ca04a4f1c7828cb2045decda4c"
	  "08243307c66d4f539b52fbc650f2a77bd3e4e472e2b52a3338b2346b1ff56824" },
	{ "aes192-ctr", "hmac-sha2-512",
	  "9663ffe1073d12bfc879124e2b7d16a116fb75b37b340076023d3cea9ac68c8a"
	  "88964fa9bc5894a87d99c44b7e3f98601463b65b81a8f4c27338d946ebb8405d"
	  "7ac0a36a741fdeb8d44a683b76d655d601f52634d193c5e22d8fe9b2e3ab35a3"
	  "7db4b4dbb0c38ca7f94638413184121ddf423a9cbd6e81ea0ae0d7a1c3e99477"
	  "597052ef570533edde44ae6c74a3da14e0948ecb629fb9e3981b3f1d5700f04c"
	  "5608dc03568bac37c4a47d8aa7922fea48a7680ab0bd545337062a898073b470" },
	{ "aes256-ctr", "hmac-sha2-256-etm@openssh.com",
	  "00000010b9ee9312b9e4c3290bf9255d2430c268d94bfddd79f6aa852b96214c"
	  "1dd5fe714069cfd0c6a26ce78af8cb854284fb5900000030f2e7c0070d0312b0"
	  "45dec7ad558c4f1c665f039a5b6e98108ae0da462b0d881745a4dbb407bba5cb"
	  "1ab2c398a74daaeae630fbef45f80cee6807b094622a7548b68694140ec4cca6"
	  "d393d1a04e32cdc1" },
	{ "aes128-ctr", "hmac-sha2-512-etm@openssh.com",
	  "00000010a5783f757df8aca44d6d49087be481887d9f41389560343d346ba3a2"
	  "e74a3d8256c1e1051e7fd5e23554403010bee9a51ddd5897bb2916b58310a707"
	  "ddb3f14651cb2a026677e2c0cc9b8db9a3aa16cf00000030f41fa82c1fa61c78"
	  "4636009e611894a594a790b1e5d879c4325b863fbd4d03a56618fbc3c2613806"
	  "828cb2045decda4c520895f76097a122a3ddc3f379dd82af9129d4513c4d141d"
	  "4dd75f1df0610815b1b40fbf76c74927ed35d78af242bfb5ef08a8ca470089c9"
	  "1b0d814fa43e5db6" },
	{ "aes128-cbc", "hmac-sha1",
	  "9b6fa24dcfa0ca39990900d76944621aab58a3cf596c49b6fcf8bcd321307569"
	  "0c795ae53d36205513265abfa08bc683f8b9f757208a01e7598364e85ff76757"
	  "16c0809281ec2dbd6f2a37049823a0ea91c77a8b22c7d4fc0617ba56067c06fd"
	  "1227e0f50342eeb1" },
	{ "aes192-cbc", "hmac-sha1-96",
	  "5fbb9c42c4a8baee447628f4473f9887ab58a3cf596c49b6fcf8bcd3a592ea5d"
	  "7fdb6d81c1919d60963aaf5ffd1d0191585485e2a304807833780e8dea690941"
	  "d9cd394c472e2332a484849522c7d4fc0617ba56067c06fd" },
	{ "aes256-cbc", "hmac-sha1-etm@openssh.com",
	  "00000010bbec0775ff288436626625e013b73cebe33bd5212402a1b1de17de98"
	  "201a99b527951221000000300dca6f577edaf882671c9fcd506a3cf35edd042b"
	  "68b0ef309d786eee749f5547116521b6ab4ee6d3b769b0310f08849a43237338"
	  "e2d7e845fb1d410ad8028a364b3bc199" },
	{ "3des-cbc", "hmac-md5",
	  "5369b12ee27918670c3d8b215fa1887c5cbe9d5d849856ff8755e98ad04ade56"
	  "5d4742241a180e48c2cda2df2a7a73b33b89c8309ca4de926968153ee63c288c"
	  "b8e81347c7c7822adce43dd2360bb619bf0daf91cbb7d0f6f7b5de59fd4d90e6" },
	{ "aes128-ctr", "hmac-md5-96",
	  "ac2659100ad5be6795b497087be481885cbe9d5d849856ff8755e98af87ddb65"
	  "74ab017905290f992a0d81eadfae8bf3a2d1648a21569571e94442a92a16b8ca"
	  "04a4f1c7828cb2045decda4cbf0daf91cbb7d0f6f7b5de59" },
	{ "3des-cbc", "hmac-md5-etm@openssh.com",
	  "00000010f03fb9a9325713b1881445fb419130aa9c4b96f8d46ad5d9d6536eb1"
	  "7653fa4b00000028104856a157efcc47e6a8095e52d1b95a5de0ff49e7c07369"
	  "12161670ce77d1a08a15d573b1426d3e896da96dc4e6ed7bd32f3ba9bb929acb" },
};

#define N_RECORDED (sizeof(recorded) / sizeof(recorded[0]))

static void
test_recorded(size_t i)
{
	const char *cipher = recorded[i].cipher, *mac = recorded[i].mac;
	const char *plus = mac != NULL ? mac : "";
	struct packet_writer *w = packet_writer_new();
	struct packet_reader *r = packet_reader_new();
	struct buf bytes = BUF_INIT;
	struct fixed_keys f;
	struct wire got;
	struct err e = { 0 };

	for (int n = 0; n < 3; n++)
		put_packet(w, &bytes, "\x02", 1);
	hex_add(&bytes, recorded[i].hex);
	feed(r, bytes.data, bytes.len);
	for (int n = 0; n < 3; n++)
		(void)packet_next(r, &got, &e);
	if (packet_reader_set_keys(r, fix_keys(&f, cipher, mac), &e) != 0)
		die(e.text);
	ok(gets(r, FIRST, sizeof(FIRST) - 1), "%s %s: first", cipher, plus);
	is_int(packet_reader_sequence(r), 3, "%s %s: is 3", cipher, plus);
	ok(gets(r, SECOND, sizeof(SECOND) - 1), "%s %s: second", cipher, plus);
	is_str(refusal(r, &e), "", "%s %s: no more", cipher, plus);
	is_int((long long)packet_reader_buffered(r), 0, "and nothing left");
	packet_writer_free(w);
	packet_reader_free(r);
	buf_clear(&bytes);
}

/* Payload n of a size, never the same. */
static void
fill(struct buf *b, size_t size)
{
	buf_reset(b);
	for (size_t i = 0; i < size; i++)
		buf_add_byte(b, (unsigned char)(i * 7 + i / 251 + size));
}

static void
test_round_trip(const struct suite *s)
{
	static const size_t large[] = {
		255, 256, 1000, 16384, 32768, 32777, 65536, PACKET_PAYLOAD_MAX
	};
	struct packet_writer *w = new_writer(s->cipher, s->mac);
	struct packet_reader *r = new_reader(s->cipher, s->mac);
	struct buf payload = BUF_INIT, bytes = BUF_INIT;
	bool good = true;

	for (size_t i = 0; i < 80 + sizeof(large) / sizeof(large[0]); i++) {
		fill(&payload, i < 80 ? i + 1 : large[i - 80]);
		buf_reset(&bytes);
		put_packet(w, &bytes, payload.data, payload.len);
		feed(r, bytes.data, bytes.len);
		good = good && gets(r, payload.data, payload.len);
	}
	ok(good && packet_reader_packets(r) == packet_writer_packets(w) &&
	       packet_reader_bytes(r) == packet_writer_bytes(w),
	   "%s %s: all sizes", cipher_of(s), mac_of(s));
	packet_writer_free(w);
	packet_reader_free(r);
	buf_clear(&payload);
	buf_clear(&bytes);
}

/* FIRST and SECOND; where the second one begins. */
static size_t
make_two(const struct suite *s, struct buf *bytes)
{
	struct packet_writer *w = new_writer(s->cipher, s->mac);
	size_t second;

	put_packet(w, bytes, FIRST, sizeof(FIRST) - 1);
	second = bytes->len;
	put_packet(w, bytes, SECOND, sizeof(SECOND) - 1);
	packet_writer_free(w);
	return second;
}

/* With one bit wrong in either packet: what is before it comes out, what has
 * it does not, nor does anything after it; and a failure is for good. */
static void
test_damage(const struct suite *s)
{
	struct buf bytes = BUF_INIT;
	size_t second = make_two(s, &bytes), wrong = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		struct packet_reader *r = new_reader(s->cipher, s->mac);
		unsigned char bit = (unsigned char)(1 << i % 8);
		struct wire got;
		struct err e;
		enum step step;

		bytes.data[i] ^= bit;
		feed(r, bytes.data, bytes.len);
		bytes.data[i] ^= bit;
		if (i >= second && !gets(r, FIRST, sizeof(FIRST) - 1))
			wrong++;
		step = packet_next(r, &got, &e);
		feed(r, bytes.data, bytes.len);
		if (step == STEP_DONE ||
		    (step == STEP_FAIL && packet_next(r, &got, &e) != step))
			wrong++;
		packet_reader_free(r);
	}
	is_int((long long)wrong, 0, "%s %s: a bit flipped in each of %zu bytes",
	       cipher_of(s), mac_of(s), bytes.len);
	buf_clear(&bytes);
}

/* Cut anywhere: a packet is there when its last byte is. */
static void
test_cuts(const struct suite *s)
{
	struct buf bytes = BUF_INIT;
	size_t second = make_two(s, &bytes), wrong = 0;
	struct packet_reader *r;
	struct err e;

	for (size_t cut = 0; cut <= bytes.len; cut++) {
		r = new_reader(s->cipher, s->mac);
		feed(r, bytes.data, cut);
		if (cut < second && strcmp(refusal(r, &e), "") != 0)
			wrong++;
		if (cut >= second && !gets(r, FIRST, sizeof(FIRST) - 1))
			wrong++;
		if (cut < bytes.len && strcmp(refusal(r, &e), "") != 0)
			wrong++;
		feed(r, bytes.data + cut, bytes.len - cut);
		if (cut < second && !gets(r, FIRST, sizeof(FIRST) - 1))
			wrong++;
		if (!gets(r, SECOND, sizeof(SECOND) - 1))
			wrong++;
		packet_reader_free(r);
	}
	r = new_reader(s->cipher, s->mac);
	for (size_t i = 0; i < bytes.len; i++) {
		feed(r, bytes.data + i, 1);
		if (i + 1 == second && !gets(r, FIRST, sizeof(FIRST) - 1))
			wrong++;
		if (i + 1 < bytes.len && strcmp(refusal(r, &e), "") != 0)
			wrong++;
	}
	if (!gets(r, SECOND, sizeof(SECOND) - 1))
		wrong++;
	packet_reader_free(r);
	is_int((long long)wrong, 0, "%s %s: cut at each of %zu bytes",
	       cipher_of(s), mac_of(s), bytes.len);
	buf_clear(&bytes);
}

int
main(void)
{
	static const struct suite clear = { NULL, NULL };

	for (size_t i = 0; i < N_RECORDED; i++) {
		if (!cipher_is_supported(recorded[i].cipher) ||
		    (recorded[i].mac != NULL &&
		     !mac_is_supported(recorded[i].mac)))
			skip("no %s here", recorded[i].cipher);
		else
			test_recorded(i);
	}
	test_round_trip(&clear);
	test_cuts(&clear);
	each_suite(test_round_trip);
	each_suite(test_damage);
	each_suite(test_cuts);
	return done_testing();
}
