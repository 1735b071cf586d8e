/*
 * packets - what tests of the packet layer share: fixed keys, every cipher with
 * every MAC, and a writer whose bytes go into a reader.
 */
#ifndef TESTS_UNIT_PACKETS_H
#define TESTS_UNIT_PACKETS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "base/wire.h"
#include "ssh/native/cipher.h"
#include "ssh/native/mac.h"
#include "ssh/native/packet.h"

/* The bytes of the keys count up, from these. */
enum { KEY_FROM = 0, IV_FROM = 0x80, MAC_KEY_FROM = 0x40, KEY_BYTES = 64 };

struct fixed_keys {
	unsigned char iv[KEY_BYTES], key[KEY_BYTES], mac_key[KEY_BYTES];
	struct packet_keys keys; /* has pointers into it */
};

static inline const struct packet_keys *
fix_keys(struct fixed_keys *f, const char *cipher, const char *mac)
{
	for (size_t i = 0; i < KEY_BYTES; i++) {
		f->key[i] = (unsigned char)(KEY_FROM + i);
		f->iv[i] = (unsigned char)(IV_FROM + i);
		f->mac_key[i] = (unsigned char)(MAC_KEY_FROM + i);
	}
	f->keys =
	    (struct packet_keys){ cipher, mac, f->iv, f->key, f->mac_key };
	return &f->keys;
}

static inline void
die(const char *what)
{
	printf("Bail out! %s\n", what);
	exit(1);
}

static inline struct packet_writer *
new_writer(const char *cipher, const char *mac)
{
	struct packet_writer *w = packet_writer_new();
	struct fixed_keys f;
	struct err e;

	if (cipher != NULL &&
	    packet_writer_set_keys(w, fix_keys(&f, cipher, mac), &e) != 0)
		die(e.text);
	return w;
}

static inline struct packet_reader *
new_reader(const char *cipher, const char *mac)
{
	struct packet_reader *r = packet_reader_new();
	struct fixed_keys f;
	struct err e;

	if (cipher != NULL &&
	    packet_reader_set_keys(r, fix_keys(&f, cipher, mac), &e) != 0)
		die(e.text);
	return r;
}

/* Append one packet to out. */
static inline void
put_packet(struct packet_writer *w, struct buf *out, const void *payload,
	   size_t len)
{
	struct err e;

	packet_begin(w, out);
	buf_add(out, payload, len);
	if (packet_end(w, out, &e) != 0)
		die(e.text);
}

/* Let the reader receive bytes. */
static inline void
feed(struct packet_reader *r, const unsigned char *data, size_t len)
{
	while (len > 0) {
		size_t n;
		unsigned char *room = packet_reader_room(r, &n);

		if (n > len)
			n = len;
		memcpy(room, data, n);
		packet_reader_filled(r, n);
		data += n;
		len -= n;
	}
}

/* Is the next packet here, with this payload? */
static inline bool
gets(struct packet_reader *r, const void *payload, size_t len)
{
	struct wire got;
	struct err e;

	return packet_next(r, &got, &e) == STEP_DONE && got.len == len &&
	       memcmp(got.data, payload, len) == 0;
}

/* The reader's answer where it is not a payload: "" asks for more. */
static inline const char *
refusal(struct packet_reader *r, struct err *e)
{
	struct wire got;

	switch (packet_next(r, &got, e)) {
	case STEP_DONE:
		return "a payload";
	case STEP_AGAIN:
		return "";
	case STEP_FAIL:
		break;
	}
	return e->kind == ERR_PROTOCOL ? e->text : "an error of another kind";
}

/* What may be agreed upon. */
struct suite {
	const char *cipher, *mac; /* mac is NULL for an AEAD */
};

/* For the names of tests. */
static inline const char *
cipher_of(const struct suite *s)
{
	return s->cipher != NULL ? s->cipher : "in";
}

static inline const char *
mac_of(const struct suite *s)
{
	if (s->cipher == NULL)
		return "clear";
	return s->mac != NULL ? s->mac : "AEAD";
}

typedef void suite_fn(const struct suite *s);

/* Call fn with every cipher and every MAC that this libcrypto has. */
static inline void
each_suite(suite_fn *fn)
{
	struct strv ciphers = STRV_INIT, macs = STRV_INIT;

	strv_split(&ciphers, cipher_names(), ",");
	strv_split(&macs, mac_names(), ",");
	for (size_t i = 0; i < ciphers.len; i++) {
		const char *cipher = ciphers.items[i];
		bool is_aead = cipher_is_aead(cipher);

		if (!cipher_is_supported(cipher))
			continue;
		for (size_t j = 0; j < (is_aead ? 1 : macs.len); j++) {
			struct suite s = { cipher,
					   is_aead ? NULL : macs.items[j] };

			if (is_aead || mac_is_supported(s.mac))
				fn(&s);
		}
	}
	strv_clear(&ciphers);
	strv_clear(&macs);
}

#endif
