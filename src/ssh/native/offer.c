/* The part of a key exchange that agrees on its algorithms (RFC 4253 section
 * 7.1): our offer, a guess, and what follows from the server's. */
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "ssh/native/cipher.h"
#include "ssh/native/internal.h"
#include "ssh/native/transport.h"
#include "ssh/negotiation_log.h"

#define COOKIE_BYTES 16

/* Only in the first offer (RFC 8308 section 2.1, OpenSSH's PROTOCOL). */
static const char client_markers[] = "ext-info-c,kex-strict-c-v00@openssh.com";
static const char strict_marker[] = "kex-strict-s-v00@openssh.com";

/* What a list of ours says in this exchange. */
static const char *
offered(const struct transport *t, enum negotiation_list list)
{
	/* the host key must stay the same, so let it be asked for */
	if (t->has_keys && list == NEGOTIATION_HOST_KEY)
		return t->agreed.lists[list];
	return t->session->ours.lists[list];
}

void
exchange_send(struct transport *t, const struct buf *payload)
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
	exchange_send(t, &payload);
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
	else
		negotiation_log_agreed(&t->agreed);
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

void
exchange_take_offer(struct transport *t, const struct wire *message)
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
