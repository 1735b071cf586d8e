#include "ssh/native/packet.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "ssh/native/armor.h"
#include "ssh/native/compress.h"
#include "ssh/native/padding.h"

/* packet_length and padding_length. */
enum { HEADER_LEN = 5, PADDING_MIN = 4, PAD_STEP_MAX = 128 };

struct packet_writer {
	struct armor *armor;       /* NULL: in clear */
	bool is_bare;              /* in clear, and without padding */
	struct compress *compress; /* NULL: not now */
	struct buf packed;         /* a compressed payload */
	struct padding padding;
	size_t start;    /* of the packet that has begun */
	size_t pad_step; /* what its length is a multiple of, or 0 */
	uint32_t sequence;
	uint64_t bytes, packets;
};

struct packet_writer *
packet_writer_new(void)
{
	struct packet_writer *w = xcalloc(1, sizeof(*w));

	buf_init(&w->packed);
	w->packed.wipe = true; /* there may be a password in it */
	return w;
}

void
packet_writer_free(struct packet_writer *w)
{
	if (w == NULL)
		return;
	armor_free(w->armor);
	compress_free(w->compress);
	buf_clear(&w->packed);
	padding_clear(&w->padding);
	free(w);
}

int
packet_writer_set_keys(struct packet_writer *w, const struct packet_keys *keys,
		       struct err *e)
{
	struct armor *armor = armor_new(keys, ARMOR_SEALS, e);

	if (armor == NULL)
		return -1;
	armor_free(w->armor);
	w->armor = armor;
	compress_free(w->compress);
	w->compress = NULL;
	w->bytes = 0;
	w->packets = 0;
	return 0;
}

void
packet_writer_go_bare(struct packet_writer *w)
{
	w->is_bare = true;
}

void
packet_writer_reset_sequence(struct packet_writer *w)
{
	w->sequence = 0;
}

bool
packet_can_compress(void)
{
	return compress_is_supported();
}

void
packet_writer_compress(struct packet_writer *w)
{
	compress_free(w->compress);
	w->compress = compress_new(COMPRESS_DEFLATES);
	assert(w->compress != NULL);
}

void
packet_begin(struct packet_writer *w, struct buf *out)
{
	static const unsigned char header[HEADER_LEN];

	w->start = out->len;
	w->pad_step = 0;
	buf_add(out, header, sizeof(header));
}

void
packet_pad_to(struct packet_writer *w, size_t step)
{
	assert(step <= PAD_STEP_MAX);
	w->pad_step = step;
}

/* Put the compressed payload in the place of the payload. */
static int
pack(struct packet_writer *w, struct buf *out)
{
	unsigned char *payload = out->data + w->start + HEADER_LEN;
	size_t len = out->len - w->start - HEADER_LEN;
	struct wire from;

	wire_init(&from, payload, len);
	buf_reset(&w->packed);
	if (compress_deflate(w->compress, &from, &w->packed) != 0)
		return -1;
	secret_wipe(payload, len);
	out->len -= len;
	buf_add(out, w->packed.data, w->packed.len);
	return 0;
}

/* How much padding a packet of len bytes so far gets. */
static size_t
choose_padding(const struct packet_writer *w, size_t len)
{
	const struct armor_shape *shape = armor_get_shape(w->armor);
	size_t covered = len - shape->apart;
	size_t padding = shape->block - covered % shape->block;

	if (w->is_bare)
		return 0;
	if (padding < PADDING_MIN)
		padding += shape->block;
	/* Blocks divide steps, so that what comes on top is whole blocks. */
	if (w->pad_step > 0 && (covered + padding) % w->pad_step > 0)
		padding += w->pad_step - (covered + padding) % w->pad_step;
	return padding;
}

/* Pad the packet at the start of the payload, and seal it. */
static int
finish(struct packet_writer *w, struct buf *out)
{
	const struct armor_shape *shape = armor_get_shape(w->armor);
	size_t len = out->len - w->start;
	size_t padding = choose_padding(w, len);
	size_t length = len + padding - 4; /* packet_length leaves itself out */
	unsigned char *packet;

	buf_room(out, padding + shape->tag);
	packet = out->data + w->start;
	packet[0] = (unsigned char)(length >> 24);
	packet[1] = (unsigned char)(length >> 16);
	packet[2] = (unsigned char)(length >> 8);
	packet[3] = (unsigned char)length;
	packet[4] = (unsigned char)padding;
	if (padding_take(&w->padding, packet + len, padding) != 0 ||
	    armor_seal(w->armor, w->sequence, packet, len + padding) != 0)
		return -1;
	out->len += padding + shape->tag;
	w->sequence++;
	w->packets++;
	w->bytes += len + padding;
	return 0;
}

int
packet_end(struct packet_writer *w, struct buf *out, struct err *e)
{
	size_t len = out->len - w->start - HEADER_LEN;

	if (len == 0 || len > PACKET_PAYLOAD_MAX) {
		out->len = w->start;
		return err_set(e, ERR_PROTOCOL,
			       "A message of %zu bytes is too %s to be sent.",
			       len, len == 0 ? "short" : "long");
	}
	if ((w->compress != NULL && pack(w, out) != 0) || finish(w, out) != 0) {
		out->len = w->start;
		return err_set(e, ERR_PROTOCOL,
			       "A message could not be encrypted.");
	}
	return 0;
}

uint64_t
packet_writer_bytes(const struct packet_writer *w)
{
	return w->bytes;
}

uint64_t
packet_writer_packets(const struct packet_writer *w)
{
	return w->packets;
}
