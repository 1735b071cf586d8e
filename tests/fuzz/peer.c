#include "peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "peer_keys.h"
#include "ssh/native/cipher.h"
#include "ssh/native/packet.h"

#define IDENTIFICATION "SSH-2.0-peer"
#define LINE_MAX_LEN ((size_t)255)

enum {
	MSG_EXT_INFO = 7,
	MSG_KEXINIT = 20,
	MSG_NEWKEYS = 21,
	MSG_KEX_ECDH_INIT = 30,
	MSG_KEX_ECDH_REPLY = 31,
	MSG_USERAUTH_SUCCESS = 52,
};

struct peer {
	struct peer_params params;
	int fd; /* -1: hung up */
	struct packet_reader *reader;
	struct packet_writer *writer;
	struct buf out;
	struct buf line; /* the client's identification, as it comes */
	bool is_identified;
	struct buf client_init, server_init; /* KEXINIT, as long as one is
						under way */
	struct peer_keys *keys;
	struct buf session_id;
	bool is_strict; /* both sides want it */
	bool has_written_keys, has_read_keys;
	bool is_in; /* USERAUTH_SUCCESS was sent */
	uint64_t traffic;
};

static void
put_lists(struct buf *b, const struct peer *p)
{
	const struct peer_params *q = &p->params;
	const char *compression = q->compression ? "zlib@openssh.com" : "none";

	wire_put_cstring(b, q->is_strict && p->session_id.len == 0 ? PEER_KEX
				",kex-strict-s-v00@openssh.com"
								   : PEER_KEX);
	wire_put_cstring(b, PEER_HOST_KEY);
	wire_put_cstring(b, q->cipher);
	wire_put_cstring(b, q->cipher);
	wire_put_cstring(b, q->mac);
	wire_put_cstring(b, q->mac);
	wire_put_cstring(b, compression);
	wire_put_cstring(b, compression);
	wire_put_cstring(b, "");
	wire_put_cstring(b, "");
}

void
peer_rekey(struct peer *p)
{
	static const unsigned char cookie[16];
	struct buf *init = &p->server_init;

	if (init->len > 0)
		return;
	wire_put_byte(init, MSG_KEXINIT);
	buf_add(init, cookie, sizeof(cookie));
	put_lists(init, p);
	wire_put_byte(init, 0); /* no packet follows */
	wire_put_u32(init, 0);
	peer_send(p, init->data, init->len);
}

struct peer *
peer_new(int fd, const struct peer_params *params)
{
	struct peer *p = xcalloc(1, sizeof(*p));

	p->params = *params;
	p->fd = fd;
	p->reader = packet_reader_new();
	p->writer = packet_writer_new();
	buf_add_str(&p->out, IDENTIFICATION "\r\n");
	peer_rekey(p);
	return p;
}

void
peer_free(struct peer *p)
{
	peer_hang_up(p);
	packet_reader_free(p->reader);
	packet_writer_free(p->writer);
	peer_keys_free(p->keys);
	buf_clear(&p->out);
	buf_clear(&p->line);
	buf_clear(&p->client_init);
	buf_clear(&p->server_init);
	buf_clear(&p->session_id);
	free(p);
}

void
peer_send(struct peer *p, const void *payload, size_t len)
{
	struct err e;

	if (len == 0 || len > PACKET_PAYLOAD_MAX)
		return;
	packet_begin(p->writer, &p->out);
	buf_add(&p->out, payload, len);
	if (packet_end(p->writer, &p->out, &e) != 0)
		abort();
	if (*(const unsigned char *)payload != MSG_USERAUTH_SUCCESS || p->is_in)
		return;
	p->is_in = true;
	if (p->params.compression) {
		packet_writer_compress(p->writer);
		packet_reader_decompress(p->reader);
	}
}

void
peer_send_raw(struct peer *p, const void *data, size_t len)
{
	buf_add(&p->out, data, len);
}

void
peer_spoil(struct peer *p, size_t distance)
{
	if (p->out.len > 0)
		p->out.data[p->out.len - 1 - distance % p->out.len] ^= 1;
}

/* In which direction new keys count from now on. */
static void
use_keys(struct peer *p, bool for_writing)
{
	struct packet_keys keys = {
		.cipher = p->params.cipher,
		.mac = p->params.mac,
	};
	struct buf material = { .wipe = true };
	bool is_packed = p->params.compression && p->is_in;
	struct err e;
	int rc;

	/* RFC 4253 section 7.2: B, D, F are the server's */
	peer_keys_derive(p->keys, for_writing ? "BDF" : "ACE", &p->session_id,
			 &keys, &material);
	rc = for_writing ? packet_writer_set_keys(p->writer, &keys, &e)
			 : packet_reader_set_keys(p->reader, &keys, &e);
	if (rc != 0)
		abort();
	buf_clear(&material);
	if (for_writing && p->is_strict)
		packet_writer_reset_sequence(p->writer);
	if (!for_writing && p->is_strict)
		packet_reader_reset_sequence(p->reader);
	if (for_writing && is_packed)
		packet_writer_compress(p->writer);
	if (!for_writing && is_packed)
		packet_reader_decompress(p->reader);
}

static void
send_ext_info(struct peer *p)
{
	struct buf b = BUF_INIT;

	wire_put_byte(&b, MSG_EXT_INFO);
	wire_put_u32(&b, 1);
	wire_put_cstring(&b, "server-sig-algs");
	wire_put_cstring(&b, "ssh-ed25519,rsa-sha2-512,rsa-sha2-256");
	peer_send(p, b.data, b.len);
	buf_clear(&b);
}

/* The client's half is here: answer, and change our keys. */
static bool
reply(struct peer *p, struct wire payload)
{
	static const unsigned char newkeys[] = { MSG_NEWKEYS };
	struct peer_transcript t = { IDENTIFICATION, &p->line, &p->client_init,
				     &p->server_init };
	struct buf answer = BUF_INIT;
	bool is_first = !p->has_written_keys;

	peer_keys_free(p->keys);
	wire_put_byte(&answer, MSG_KEX_ECDH_REPLY);
	p->keys = peer_keys_new(&payload, &t, &answer);
	if (p->keys == NULL) {
		buf_clear(&answer);
		return false;
	}
	if (p->session_id.len == 0)
		peer_keys_get_hash(p->keys, &p->session_id);
	peer_send(p, answer.data, answer.len);
	buf_clear(&answer);
	peer_send(p, newkeys, sizeof(newkeys));
	use_keys(p, true);
	p->has_written_keys = true;
	if (is_first && p->params.has_ext_info)
		send_ext_info(p);
	return true;
}

static void
begin_exchange(struct peer *p, const struct wire *payload)
{
	static const char marker[] = "kex-strict-c-v00@openssh.com";

	peer_rekey(p);
	buf_reset(&p->client_init);
	buf_add(&p->client_init, payload->data, payload->len);
	if (p->session_id.len == 0 && p->params.is_strict)
		p->is_strict = memmem(payload->data, payload->len, marker,
				      sizeof(marker) - 1) != NULL;
}

static bool
take(struct peer *p, const struct wire *payload)
{
	struct wire rest = *payload;
	uint8_t type = 0;

	(void)wire_get_byte(&rest, &type);
	switch (type) {
	case MSG_KEXINIT:
		begin_exchange(p, payload);
		return true;
	case MSG_KEX_ECDH_INIT:
		return p->client_init.len > 0 && reply(p, rest);
	case MSG_NEWKEYS:
		if (p->keys == NULL)
			return false;
		use_keys(p, false);
		p->has_read_keys = true;
		buf_reset(&p->client_init);
		buf_reset(&p->server_init);
		return true;
	default:
		p->params.receive(p->params.arg, payload);
		return true;
	}
}

static bool
take_packets(struct peer *p)
{
	struct wire payload;
	struct err e;
	enum step step;

	while ((step = packet_next(p->reader, &payload, &e)) == STEP_DONE)
		if (!take(p, &payload))
			return false;
	return step == STEP_AGAIN;
}

/* Move the identification string out of what has come. */
static bool
identify(struct peer *p, const unsigned char **data, size_t *len)
{
	while (!p->is_identified && *len > 0) {
		if (p->line.len > LINE_MAX_LEN)
			return false;
		if (**data == '\n')
			p->is_identified = true;
		else if (**data != '\r')
			buf_add(&p->line, *data, 1);
		(*data)++;
		(*len)--;
	}
	return true;
}

/* Give bytes to the reader, in pieces that it has room for. */
static bool
feed(struct peer *p, const unsigned char *data, size_t len)
{
	if (!identify(p, &data, &len))
		return false;
	while (len > 0) {
		size_t room;
		unsigned char *to = packet_reader_room(p->reader, &room);

		if (room > len)
			room = len;
		memcpy(to, data, room);
		packet_reader_filled(p->reader, room);
		if (!take_packets(p))
			return false;
		data += room;
		len -= room;
	}
	return true;
}

bool
peer_read(struct peer *p)
{
	static unsigned char piece[64 * 1024];
	ssize_t n;

	if (p->fd < 0)
		return false;
	while ((n = recv(p->fd, piece, sizeof(piece), 0)) > 0) {
		p->traffic += (uint64_t)n;
		if (!feed(p, piece, (size_t)n))
			return false;
	}
	return n < 0 && errno == EAGAIN;
}

void
peer_flush(struct peer *p, size_t most)
{
	ssize_t n;

	if (p->fd < 0)
		return;
	if (most > p->out.len)
		most = p->out.len;
	n = send(p->fd, p->out.data, most, MSG_NOSIGNAL);
	if (n > 0) {
		buf_consume(&p->out, (size_t)n);
		p->traffic += (uint64_t)n;
	}
}

void
peer_hang_up(struct peer *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

bool
peer_has_keys(const struct peer *p)
{
	return p->has_written_keys && p->has_read_keys;
}

uint64_t
peer_traffic(const struct peer *p)
{
	return p->traffic;
}

bool
peer_has_queue(const struct peer *p)
{
	return p->fd >= 0 && p->out.len > 0;
}
