#include "ssh/native/armor.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "ssh/native/chacha.h"
#include "ssh/native/cipher.h"
#include "ssh/native/mac.h"
#include "ssh/native/packet.h"

enum { LENGTH_LEN = 4, GCM_IV_LEN = 12, GCM_TAG_LEN = 16 };

struct armor {
	const struct cipher *cipher;
	struct armor_shape shape;
	EVP_CIPHER_CTX *ctx;          /* all but CHACHA20 */
	unsigned char iv[GCM_IV_LEN]; /* GCM: of the next packet */
	struct chacha *chacha;        /* CHACHA20 */
	struct mac *mac;              /* CTR and CBC */
};

static EVP_CIPHER_CTX *
new_context(const struct cipher *c, const struct packet_keys *keys,
	    enum armor_use use)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, c->evp_name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (cipher == NULL || ctx == NULL ||
	    EVP_CipherInit_ex2(ctx, cipher, keys->key, keys->iv,
			       use == ARMOR_SEALS, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1) {
		EVP_CIPHER_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_CIPHER_free(cipher);
	return ctx;
}

static int
init(struct armor *a, const struct packet_keys *keys, enum armor_use use)
{
	struct armor_shape *shape = &a->shape;

	shape->head = LENGTH_LEN;
	shape->apart = LENGTH_LEN;
	shape->block = a->cipher->block;
	shape->is_aead = cipher_is_aead(a->cipher->name);
	if (a->cipher->kind == CIPHER_CHACHA20) {
		shape->tag = CHACHA_TAG_LEN;
		a->chacha = chacha_new(keys->key);
		return a->chacha != NULL ? 0 : -1;
	}
	a->ctx = new_context(a->cipher, keys, use);
	if (a->ctx == NULL)
		return -1;
	if (a->cipher->kind == CIPHER_GCM) {
		shape->tag = GCM_TAG_LEN;
		memcpy(a->iv, keys->iv, sizeof(a->iv));
		return 0;
	}
	a->mac = mac_new(keys->mac, keys->mac_key);
	if (a->mac == NULL)
		return -1;
	shape->tag = mac_get_len(a->mac);
	if (!mac_is_encrypt_then_mac(a->mac)) {
		shape->head = shape->block;
		shape->apart = 0;
		shape->is_cbc = a->cipher->kind == CIPHER_CBC;
	}
	return 0;
}

struct armor *
armor_new(const struct packet_keys *keys, enum armor_use use, struct err *e)
{
	struct armor *a = xcalloc(1, sizeof(*a));

	a->cipher = cipher_find(keys->cipher);
	if (a->cipher == NULL || init(a, keys, use) != 0) {
		ERR_clear_error();
		armor_free(a);
		err_set(e, ERR_PROTOCOL, "libcrypto cannot do %s with %s",
			keys->cipher,
			keys->mac != NULL ? keys->mac : "its own MAC");
		return NULL;
	}
	return a;
}

void
armor_free(struct armor *a)
{
	if (a == NULL)
		return;
	EVP_CIPHER_CTX_free(a->ctx);
	chacha_free(a->chacha);
	mac_free(a->mac);
	secret_wipe(a, sizeof(*a));
	free(a);
}

const struct armor_shape *
armor_get_shape(const struct armor *a)
{
	static const struct armor_shape clear = {
		.head = LENGTH_LEN, .block = 8, /* RFC 4253 section 6 */
	};

	return a != NULL ? &a->shape : &clear;
}

/* Encrypt or decrypt where it is, whatever the context is for. */
static int
crypt(struct armor *a, unsigned char *data, size_t len)
{
	int n = 0;

	if (len == 0)
		return 0;
	return EVP_CipherUpdate(a->ctx, data, &n, data, (int)len) == 1 &&
		       (size_t)n == len
		   ? 0
		   : -1;
}

int
armor_open_length(struct armor *a, uint32_t sequence, unsigned char *head,
		  uint32_t *ret_length)
{
	unsigned char length[LENGTH_LEN];
	struct wire w;

	wire_init(&w, head, LENGTH_LEN);
	if (a != NULL && a->chacha != NULL) {
		if (chacha_open_length(a->chacha, sequence, head, length) != 0)
			return -1;
		wire_init(&w, length, LENGTH_LEN);
	} else if (a != NULL && a->shape.apart == 0) {
		if (crypt(a, head, a->shape.head) != 0)
			return -1;
	}
	return wire_get_u32(&w, ret_length);
}

/* RFC 5647 section 7.1: four fixed bytes, and a counter of packets. */
static void
count_packet(struct armor *a)
{
	for (size_t i = sizeof(a->iv); i-- > 4 && ++a->iv[i] == 0;)
		;
}

/* Begin a packet: this is its nonce, the length is authenticated only. */
static int
start_gcm(struct armor *a, const unsigned char *packet)
{
	int n;

	if (EVP_CipherInit_ex2(a->ctx, NULL, NULL, a->iv, -1, NULL) != 1 ||
	    EVP_CipherUpdate(a->ctx, NULL, &n, packet, LENGTH_LEN) != 1)
		return -1;
	count_packet(a);
	return 0;
}

static int
open_gcm(struct armor *a, unsigned char *packet, size_t len)
{
	int n;

	return start_gcm(a, packet) == 0 &&
		       crypt(a, packet + LENGTH_LEN, len - LENGTH_LEN) == 0 &&
		       EVP_CIPHER_CTX_ctrl(a->ctx, EVP_CTRL_AEAD_SET_TAG,
					   GCM_TAG_LEN, packet + len) == 1 &&
		       EVP_CipherFinal_ex(a->ctx, packet + len, &n) == 1
		   ? 0
		   : -1;
}

static int
seal_gcm(struct armor *a, unsigned char *packet, size_t len)
{
	int n;

	return start_gcm(a, packet) == 0 &&
		       crypt(a, packet + LENGTH_LEN, len - LENGTH_LEN) == 0 &&
		       EVP_CipherFinal_ex(a->ctx, packet + len, &n) == 1 &&
		       EVP_CIPHER_CTX_ctrl(a->ctx, EVP_CTRL_AEAD_GET_TAG,
					   GCM_TAG_LEN, packet + len) == 1
		   ? 0
		   : -1;
}

/* Is the MAC behind the packet the right one? 0 or -1. */
static int
check_mac(struct armor *a, uint32_t sequence, const unsigned char *packet,
	  size_t len)
{
	unsigned char code[MAC_LEN_MAX];

	if (mac_compute(a->mac, sequence, packet, len, code) != 0)
		return -1;
	return CRYPTO_memcmp(code, packet + len, a->shape.tag) == 0 ? 0 : -1;
}

static int
add_mac(struct armor *a, uint32_t sequence, unsigned char *packet, size_t len)
{
	unsigned char code[MAC_LEN_MAX];

	if (mac_compute(a->mac, sequence, packet, len, code) != 0)
		return -1;
	memcpy(packet + len, code, a->shape.tag);
	return 0;
}

static int
open_with_mac(struct armor *a, uint32_t sequence, unsigned char *packet,
	      size_t len)
{
	size_t head = a->shape.head;

	if (a->shape.apart > 0) {
		if (check_mac(a, sequence, packet, len) != 0)
			return -1;
		return crypt(a, packet + head, len - head);
	}
	/* The head was decrypted for the length. */
	if (crypt(a, packet + head, len - head) != 0)
		return -1;
	return check_mac(a, sequence, packet, len);
}

static int
seal_with_mac(struct armor *a, uint32_t sequence, unsigned char *packet,
	      size_t len)
{
	size_t apart = a->shape.apart;

	if (apart == 0 && add_mac(a, sequence, packet, len) != 0)
		return -1;
	if (crypt(a, packet + apart, len - apart) != 0)
		return -1;
	return apart > 0 ? add_mac(a, sequence, packet, len) : 0;
}

/* Libcrypto's complaints are nobody's business: the result says it all. */
static int
settle(int rc)
{
	if (rc != 0)
		ERR_clear_error();
	return rc;
}

int
armor_open(struct armor *a, uint32_t sequence, unsigned char *packet,
	   size_t len)
{
	if (a == NULL)
		return 0;
	switch (a->cipher->kind) {
	case CIPHER_GCM:
		return settle(open_gcm(a, packet, len));
	case CIPHER_CHACHA20:
		return settle(chacha_open(a->chacha, sequence, packet, len));
	case CIPHER_CTR:
	case CIPHER_CBC:
		break;
	}
	return settle(open_with_mac(a, sequence, packet, len));
}

int
armor_seal(struct armor *a, uint32_t sequence, unsigned char *packet,
	   size_t len)
{
	if (a == NULL)
		return 0;
	switch (a->cipher->kind) {
	case CIPHER_GCM:
		return settle(seal_gcm(a, packet, len));
	case CIPHER_CHACHA20:
		return settle(chacha_seal(a->chacha, sequence, packet, len));
	case CIPHER_CTR:
	case CIPHER_CBC:
		break;
	}
	return settle(seal_with_mac(a, sequence, packet, len));
}
