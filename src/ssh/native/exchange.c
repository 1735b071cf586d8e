/* The part of transport.h that exchanges keys (RFC 4253 sections 7 to 9), with
 * OpenSSH's strict variant. */
#include <openssl/rand.h>
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
#include "ssh/negotiation_log.h"

#define COOKIE_BYTES 16
/* RFC 4344 section 3.1: before the sequence number comes round. */
#define PACKETS_MAX ((uint64_t)1 << 31)

/* Only in the first offer (RFC 8308 section 2.1, OpenSSH's PROTOCOL). */
static const char client_markers[] = "ext-info-c,kex-strict-c-v00@openssh.com";
static const char strict_marker[] = "kex-strict-s-v00@openssh.com";
static const char info_marker[] = "ext-info-s";

/* What a list of ours says in this exchange. */
static const char *
offered(const struct transport *t, enum negotiation_list list)
{
	/* the host key must stay the same, so let it be asked for */
	if (t->has_keys && list == NEGOTIATION_HOST_KEY)
		return t->agreed.lists[list];
	return t->session->ours.lists[list];
}

/* Send a whole payload. */
static void
send_payload(struct transport *t, const struct buf *payload)
{
	struct buf *out = transport_begin(t, payload->data[0]);

	buf_add(out, payload->data + 1, payload->len - 1);
	transport_end(t);
}

/* Put our KEXINIT together (RFC 4253 section 7.1). */
static void
make_offer(struct transport *t)
{
	struct buf *b = &t->client_init;
	unsigned char *cookie;

	buf_reset(b);
	wire_put_byte(b, MSG_KEXINIT);
	cookie = buf_room(b, COOKIE_BYTES);
	if (RAND_bytes(cookie, COOKIE_BYTES) != 1)
		memset(cookie, 0, COOKIE_BYTES); /* it need not be secret */
	b->len += COOKIE_BYTES;
	for (size_t i = 0; i < NEGOTIATION_LISTS; i++) {
		const char *list = offered(t, (enum negotiation_list)i);
		bool is_marked = i == NEGOTIATION_KEX && !t->has_keys;
		size_t len = strlen(list);
		size_t more = is_marked ? strlen(client_markers) + 1 : 0;

		wire_put_u32(b, (uint32_t)(len + more));
		buf_add(b, list, len);
		if (is_marked)
			buf_addf(b, ",%s", client_markers);
	}
	wire_put_cstring(b, ""); /* languages, both directions */
	wire_put_cstring(b, "");
	wire_put_byte(b, t->guess != NULL && !t->has_keys);
	wire_put_u32(b, 0);
}

/* Begin with a method: our first message. */
static void
start_method(struct transport *t, const char *name)
{
	struct err e = { .kind = ERR_NONE };
	struct buf payload = BUF_INIT;
	struct cipher_needs needs;
	size_t most;

	t->kex = kex_new(name, &e);
	if (t->kex == NULL) {
		session_note_trouble(t->session, e.text);
		return;
	}
	if (t->agreed.lists[NEGOTIATION_CIPHER_OUT] != NULL) {
		cipher_get_needs(t->agreed.lists[NEGOTIATION_CIPHER_OUT],
				 t->agreed.lists[NEGOTIATION_MAC_OUT], &needs);
		most = needs.key > needs.iv ? needs.key : needs.iv;
		most = needs.mac_key > most ? needs.mac_key : most;
		kex_set_strength(t->kex, (unsigned int)most * 8);
	}
	kex_start(t->kex, &payload);
	send_payload(t, &payload);
	buf_clear(&payload);
}

/* Is the first name of both lists the same? */
static bool
is_first_equal(const char *ours, const char *theirs)
{
	size_t n = strcspn(ours, ",");

	return n == strcspn(theirs, ",") && memcmp(ours, theirs, n) == 0;
}

/* RFC 4253 section 7: a guess is right if both sides like the same method best,
 * and the same kind of host key. */
void
exchange_guess(struct transport *t, const struct session_params *p)
{
	if (p->preferred_kex == NULL || p->preferred_host_key == NULL ||
	    !is_first_equal(p->kex, p->preferred_kex) ||
	    !is_first_equal(p->host_keys, p->preferred_host_key))
		return;
	t->guess = xstrdup(p->preferred_kex);
}

void
exchange_begin(struct transport *t)
{
	struct buf *out;

	make_offer(t);
	out = transport_begin(t, t->client_init.data[0]);
	buf_add(out, t->client_init.data + 1, t->client_init.len - 1);
	transport_end(t);
	t->exchange = EXCHANGE_ASKED;
	log_debug("SSH2_MSG_KEXINIT sent");
	if (t->guess != NULL && !t->has_keys)
		start_method(t, t->guess);
}

void
transport_rekey(struct transport *t)
{
	if (t->exchange == EXCHANGE_NONE && t->is_logged_in &&
	    t->session->end == SESSION_ALIVE)
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
	if (t->exchange == EXCHANGE_NONE && t->is_logged_in && is_due(t))
		transport_rekey(t);
}

int64_t
transport_keyed_ms(const struct transport *t)
{
	return t->keyed_ms;
}

/* A guess is right if both sides like the same method best, and the same kind
 * of host key (RFC 4253 section 7). */
static bool
is_guess_right(const struct transport *t, const struct negotiation *theirs)
{
	return is_first_equal(offered(t, NEGOTIATION_KEX),
			      theirs->lists[NEGOTIATION_KEX]) &&
	       is_first_equal(offered(t, NEGOTIATION_HOST_KEY),
			      theirs->lists[NEGOTIATION_HOST_KEY]);
}

/* Parse a KEXINIT: its lists, and whether a guess follows. */
static int
parse_offer(const struct wire *message, struct negotiation *ret_theirs,
	    bool *ret_follows)
{
	struct err e = { .kind = ERR_NONE };
	struct wire w = *message, language;
	const unsigned char *skipped;
	uint32_t reserved;
	uint8_t follows;

	if (wire_get_bytes(&w, 1 + COOKIE_BYTES, &skipped) != 0 ||
	    negotiation_parse(&w, ret_theirs, &e) != 0)
		return -1;
	if (wire_get_wire(&w, &language) != 0 ||
	    wire_get_wire(&w, &language) != 0 ||
	    wire_get_byte(&w, &follows) != 0 ||
	    wire_get_u32(&w, &reserved) != 0)
		return -1;
	*ret_follows = follows != 0;
	return 0;
}

/* What only the first offer says. False if the connection must end. */
static bool
take_first_offer(struct transport *t, const struct negotiation *theirs)
{
	struct greeting *g = &t->session->greeting;

	t->is_strict =
	    negotiation_list_has(theirs->lists[NEGOTIATION_KEX], strict_marker);
	for (size_t i = 0; i < NEGOTIATION_LISTS; i++)
		g->offer.lists[i] = xstrdup(theirs->lists[i]);
	g->has_offer = true;
	if (t->is_strict && !t->is_first_message) {
		transport_fail(
		    t, DISCONNECT_PROTOCOL_ERROR,
		    "strict KEX violation: KEXINIT was not the first "
		    "packet");
		return false;
	}
	return true;
}

/* Both offers are there: what follows from them? */
static void
settle(struct transport *t, const struct negotiation *theirs, bool follows)
{
	struct negotiation ours;
	struct err e = { .kind = ERR_NONE };
	bool is_right = is_guess_right(t, theirs);

	for (size_t i = 0; i < NEGOTIATION_LISTS; i++)
		ours.lists[i] = xstrdup(offered(t, (enum negotiation_list)i));
	negotiation_log_offers(&ours, t->has_keys ? "" : client_markers,
			       theirs);
	if (negotiation_settle(&ours, theirs, &t->agreed, &e) != 0)
		transport_fail(t, DISCONNECT_KEY_EXCHANGE_FAILED, "%s", e.text);
	negotiation_clear(&ours);
	if (t->session->end != SESSION_ALIVE)
		return;
	t->exchange = EXCHANGE_RUNNING;
	t->skips_guess = follows && !is_right;
	if (t->kex != NULL && is_right)
		return;
	kex_free(t->kex);
	start_method(t, t->agreed.lists[NEGOTIATION_KEX]);
}

static void
take_offer(struct transport *t, const struct wire *message)
{
	struct negotiation theirs = { { NULL } };
	bool follows = false;

	if (t->exchange != EXCHANGE_NONE && t->exchange != EXCHANGE_ASKED) {
		transport_fail(t, DISCONNECT_PROTOCOL_ERROR,
			       "a second KEXINIT in one key exchange");
		return;
	}
	log_debug("SSH2_MSG_KEXINIT received");
	buf_reset(&t->server_init);
	buf_add(&t->server_init, message->data, message->len);
	if (parse_offer(message, &theirs, &follows) != 0)
		transport_malformed(t, MSG_KEXINIT);
	else if (t->has_keys || take_first_offer(t, &theirs)) {
		if (t->exchange == EXCHANGE_NONE)
			exchange_begin(t);
		settle(t, &theirs, follows);
	}
	negotiation_clear(&theirs);
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
	struct packet_keys keys = { NULL };
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
		send_payload(t, &answer);
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
		take_offer(t, message);
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
