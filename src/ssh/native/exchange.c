/* The part of transport.h that exchanges keys (RFC 4253 sections 7 to 9), with
 * OpenSSH's strict variant. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "keys/key.h"
#include "keys/verify.h"
#include "net/loop.h"
#include "ssh/native/cipher.h"
#include "ssh/native/internal.h"
#include "ssh/native/transport.h"

/* RFC 4344 section 3.1: before the sequence number comes round. */
#define PACKETS_MAX ((uint64_t)1 << 31)

static const char info_marker[] = "ext-info-s";

static bool
may_rekey(const struct transport *t)
{
	return t->exchange == EXCHANGE_NONE && t->is_logged_in && !t->is_shared;
}

void
transport_rekey(struct transport *t)
{
	if (may_rekey(t) && t->session->end == SESSION_ALIVE)
		exchange_begin(t);
}

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How much may be sent with the keys of one direction? */
static uint64_t
limit_of(const struct transport *t, enum negotiation_list cipher)
{
	uint64_t own = cipher_rekey_bytes(t->agreed.lists[cipher]);

	return t->rekey_bytes != 0 ? least(own, t->rekey_bytes) : own;
}

static bool
is_due(const struct transport *t)
{
	if (packet_writer_packets(t->writer) >= PACKETS_MAX ||
	    packet_reader_packets(t->reader) >= PACKETS_MAX)
		return true;
	return packet_writer_bytes(t->writer) >=
		   limit_of(t, NEGOTIATION_CIPHER_OUT) ||
	       packet_reader_bytes(t->reader) >=
		   limit_of(t, NEGOTIATION_CIPHER_IN);
}

void
transport_rekey_if_due(struct transport *t)
{
	if (may_rekey(t) && is_due(t))
		transport_rekey(t);
}

int64_t
transport_keyed_ms(const struct transport *t)
{
	return t->keyed_ms;
}

/* Was the exchange signed by the key that came with it, and is that of the kind
 * agreed on? */
static int
verify(struct transport *t, const struct kex_result *result, struct err *e)
{
	const char *algorithm = t->agreed.lists[NEGOTIATION_HOST_KEY];
	struct key *key =
	    key_from_blob(result->host_key.data, result->host_key.len, e);
	int rc = -1;

	if (key != NULL)
		rc = key_verify(key, algorithm, &result->hash,
				&result->signature, e);
	key_free(key);
	return rc;
}

/* A later exchange must bring the same host key (RFC 4253 section 9 leaves that
 * open, but the user trusted this one). */
static bool
keep_host_key(struct transport *t, const struct kex_result *result)
{
	struct buf *kept = &t->session->host_key;
	const struct wire *key = &result->host_key;

	if (!t->has_host_key) {
		buf_add(kept, key->data, key->len);
		buf_add(&t->session_id, result->hash.data, result->hash.len);
		buf_add(&t->host_signature, result->signature.data,
			result->signature.len);
		t->has_host_key = true;
		return true;
	}
	if (kept->len == key->len &&
	    memcmp(kept->data, key->data, key->len) == 0)
		return true;
	log_debug("the host key changed during a key exchange");
	transport_disconnect(t, DISCONNECT_HOST_KEY_NOT_VERIFIABLE,
			     "the host key changed");
	session_note_end(t->session, SESSION_KEY_CHANGED);
	return false;
}

/* Derive the keys of one direction (RFC 4253 section 7.2): letters are those of
 * its IV, key and MAC key. */
static int
derive(struct transport *t, const char *letters, bool is_out,
       struct buf ret_keys[3], struct packet_keys *ret, struct err *e)
{
	enum negotiation_list cipher =
	    is_out ? NEGOTIATION_CIPHER_OUT : NEGOTIATION_CIPHER_IN;
	enum negotiation_list mac =
	    is_out ? NEGOTIATION_MAC_OUT : NEGOTIATION_MAC_IN;
	struct wire id = transport_session_id(t);
	struct cipher_needs needs;
	size_t lengths[3];

	ret->cipher = t->agreed.lists[cipher];
	ret->mac = t->agreed.lists[mac];
	cipher_get_needs(ret->cipher, ret->mac, &needs);
	lengths[0] = needs.iv;
	lengths[1] = needs.key;
	lengths[2] = needs.mac_key;
	for (size_t i = 0; i < 3; i++)
		if (kex_derive(t->kex, letters[i], &id, lengths[i],
			       &ret_keys[i], e) != 0)
			return -1;
	ret->iv = ret_keys[0].data;
	ret->key = ret_keys[1].data;
	ret->mac_key = ret_keys[2].data;
	return 0;
}

static bool
has_compression(const struct transport *t, enum negotiation_list list)
{
	const char *name = t->agreed.lists[list];

	return strcmp(name, "zlib") == 0 ||
	       (strcmp(name, "zlib@openssh.com") == 0 && t->is_logged_in);
}

/* Use the new keys in one direction. */
static void
change_keys(struct transport *t, bool is_out)
{
	struct buf material[3] = { { .wipe = true },
				   { .wipe = true },
				   { .wipe = true } };
	struct packet_keys keys = { .cipher = NULL };
	struct err e = { .kind = ERR_NONE };
	int rc = derive(t, is_out ? "ACE" : "BDF", is_out, material, &keys, &e);

	if (rc == 0)
		rc = is_out ? packet_writer_set_keys(t->writer, &keys, &e)
			    : packet_reader_set_keys(t->reader, &keys, &e);
	for (size_t i = 0; i < 3; i++)
		buf_clear(&material[i]);
	if (rc != 0) {
		session_note_trouble(t->session, e.text);
		return;
	}
	if (is_out && t->is_strict)
		packet_writer_reset_sequence(t->writer);
	else if (!is_out && t->is_strict)
		packet_reader_reset_sequence(t->reader);
	if (is_out && has_compression(t, NEGOTIATION_COMPRESSION_OUT))
		packet_writer_compress(t->writer);
	else if (!is_out && has_compression(t, NEGOTIATION_COMPRESSION_IN))
		packet_reader_decompress(t->reader);
}

/* Tell a server that can use it what we can (OpenSSH's PROTOCOL, 1.9). */
static void
send_info(struct transport *t)
{
	struct buf *out;

	if (!negotiation_list_has(
		t->session->greeting.offer.lists[NEGOTIATION_KEX], info_marker))
		return;
	out = transport_begin(t, MSG_EXT_INFO);
	wire_put_u32(out, 1);
	wire_put_cstring(out, "ext-info-in-auth@openssh.com");
	wire_put_cstring(out, "0");
	transport_end(t);
}

/* The method has come to its end: verify, and send with new keys from here. */
static void
finish(struct transport *t)
{
	bool is_first = !t->has_host_key;
	struct err e = { .kind = ERR_NONE };
	struct kex_result result;

	kex_get_result(t->kex, &result);
	if (verify(t, &result, &e) != 0) {
		transport_fail(t, DISCONNECT_KEY_EXCHANGE_FAILED, "%s", e.text);
		return;
	}
	if (!keep_host_key(t, &result))
		return;
	transport_begin(t, MSG_NEWKEYS);
	transport_end(t);
	log_debug("SSH2_MSG_NEWKEYS sent");
	t->exchange = EXCHANGE_KEYED;
	change_keys(t, true);
	if (is_first)
		send_info(t);
	transport_send_kept(t);
}

static void
take_new_keys(struct transport *t)
{
	if (t->exchange != EXCHANGE_KEYED) {
		transport_fail(t, DISCONNECT_PROTOCOL_ERROR,
			       "NEWKEYS before the key exchange was over");
		return;
	}
	log_debug("SSH2_MSG_NEWKEYS received");
	change_keys(t, false);
	kex_free(t->kex);
	t->kex = NULL;
	t->exchange = EXCHANGE_NONE;
	t->has_keys = true;
	t->keyed_ms = loop_now_ms();
}

static void
take_method(struct transport *t, const struct wire *message)
{
	struct kex_transcript transcript = {
		.client_id = t->identification,
		.server_id = t->session->greeting.identification,
	};
	struct err e = { .kind = ERR_NONE };
	struct buf answer = BUF_INIT;

	wire_init(&transcript.client_init, t->client_init.data,
		  t->client_init.len);
	wire_init(&transcript.server_init, t->server_init.data,
		  t->server_init.len);
	switch (kex_receive(t->kex, message, &transcript, &answer, &e)) {
	case STEP_AGAIN:
		exchange_send(t, &answer);
		break;
	case STEP_DONE:
		finish(t);
		break;
	case STEP_FAIL:
		transport_fail(t, DISCONNECT_KEY_EXCHANGE_FAILED, "%s", e.text);
		break;
	}
	buf_clear(&answer);
}

void
exchange_take(struct transport *t, const struct wire *message)
{
	uint8_t type = message->data[0];

	if (type == MSG_KEXINIT) {
		exchange_take_offer(t, message);
	} else if (type == MSG_NEWKEYS) {
		take_new_keys(t);
	} else if (t->exchange == EXCHANGE_RUNNING && t->skips_guess) {
		t->skips_guess = false;
	} else if (t->exchange == EXCHANGE_RUNNING &&
		   kex_expects(t->kex, type)) {
		take_method(t, message);
	} else {
		transport_fail(t, DISCONNECT_PROTOCOL_ERROR,
			       "an unexpected message (type %u) in a key "
			       "exchange",
			       (unsigned int)type);
	}
}

void
transport_logged_in(struct transport *t)
{
	static const char delayed[] = "zlib@openssh.com";

	t->is_logged_in = true;
	if (strcmp(t->agreed.lists[NEGOTIATION_COMPRESSION_OUT], delayed) == 0)
		packet_writer_compress(t->writer);
	if (strcmp(t->agreed.lists[NEGOTIATION_COMPRESSION_IN], delayed) == 0)
		packet_reader_decompress(t->reader);
}
