#include "ssh/native/packet.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "ssh/native/armor.h"
#include "ssh/native/compress.h"

enum {
	LENGTH_LEN = 4,  /* packet_length, which leaves itself out */
	LENGTH_MIN = 5,  /* padding_length and the least padding */
	LENGTH_BARE = 2, /* padding_length and the message's type */
	PADDING_MIN = 4,
	ROOM_FIRST = 128 * 1024,
	ROOM_MIN = 16 * 1024,
	CHEAP_MOVE = 2 * 1024,
};

struct packet_reader {
	struct armor *armor;       /* NULL: in clear */
	bool is_bare;              /* in clear, and without padding */
	struct compress *compress; /* NULL: not now */
	struct buf in;             /* what was received ... */
	size_t start;              /* ... and was returned up to here */
	size_t whole;              /* the packet there with its tag; 0: ? */
	struct buf inflated;       /* the last payload */
	size_t to_discard;         /* received bytes until the end, or 0 */
	uint32_t sequence, last;   /* of the next packet, of the one returned */
	uint64_t bytes, packets;
	bool has_failed;
	struct err failure;
};

struct packet_reader *
packet_reader_new(void)
{
	struct packet_reader *r = xcalloc(1, sizeof(*r));

	buf_init(&r->in);
	buf_init(&r->inflated);
	return r;
}

void
packet_reader_free(struct packet_reader *r)
{
	if (r == NULL)
		return;
	armor_free(r->armor);
	compress_free(r->compress);
	buf_clear(&r->in);
	buf_clear(&r->inflated);
	free(r);
}

int
packet_reader_set_keys(struct packet_reader *r, const struct packet_keys *keys,
		       struct err *e)
{
	struct armor *armor = armor_new(keys, ARMOR_OPENS, e);

	if (armor == NULL)
		return -1;
	armor_free(r->armor);
	r->armor = armor;
	compress_free(r->compress);
	r->compress = NULL;
	r->bytes = 0;
	r->packets = 0;
	return 0;
}

void
packet_reader_go_bare(struct packet_reader *r)
{
	r->is_bare = true;
}

void
packet_reader_reset_sequence(struct packet_reader *r)
{
	r->sequence = 0;
}

void
packet_reader_decompress(struct packet_reader *r)
{
	compress_free(r->compress);
	r->compress = compress_new(COMPRESS_INFLATES);
	assert(r->compress != NULL);
}

size_t
packet_reader_buffered(const struct packet_reader *r)
{
	return r->in.len - r->start;
}

unsigned char *
packet_reader_room(struct packet_reader *r, size_t *ret_len)
{
	size_t here = packet_reader_buffered(r);
	size_t wanted = ROOM_MIN;
	unsigned char *room;

	if (r->whole > here && r->whole - here > wanted)
		wanted = r->whole - here;
	if (r->in.size == 0)
		wanted = ROOM_FIRST;
	if (here <= CHEAP_MOVE || r->in.size - r->in.len < wanted) {
		buf_consume(&r->in, r->start);
		r->start = 0;
	}
	room = buf_room(&r->in, wanted);
	*ret_len = r->in.size - r->in.len;
	return room;
}

void
packet_reader_filled(struct packet_reader *r, size_t n)
{
	r->in.len += n;
}

/*
 * The packet is wrong. With CBC nobody must see at which byte that was found:
 * an attacker could learn what a block of his choice decrypts to as a length
 * (Albrecht, Paterson, Watson: Plaintext recovery attacks against SSH, 2009).
 */
static enum step
reject(struct packet_reader *r)
{
	if (!armor_get_shape(r->armor)->is_cbc)
		return STEP_FAIL;
	err_set(&r->failure, ERR_PROTOCOL, "Corrupted MAC on input.");
	r->to_discard = PACKET_MAX;
	r->whole = 0;
	return STEP_AGAIN;
}

/* Learn how long the packet is. */
static enum step
measure(struct packet_reader *r)
{
	const struct armor_shape *shape = armor_get_shape(r->armor);
	uint32_t least = r->is_bare ? LENGTH_BARE : LENGTH_MIN, length = 0;
	size_t covered;

	if (packet_reader_buffered(r) < shape->head)
		return STEP_AGAIN;
	if (armor_open_length(r->armor, r->sequence, r->in.data + r->start,
			      &length) != 0) {
		err_set(&r->failure, ERR_PROTOCOL,
			"A packet could not be decrypted.");
		return STEP_FAIL;
	}
	if (length < least || length > PACKET_MAX) {
		err_set(&r->failure, ERR_PROTOCOL, "Bad packet length %u.",
			length);
		return reject(r);
	}
	covered = LENGTH_LEN + length - shape->apart;
	if (covered % shape->block != 0 && !r->is_bare) {
		/* ssh does not count the block that tells the length. */
		int need =
		    (int)covered - (shape->apart > 0 ? 0 : (int)shape->block);

		err_set(&r->failure, ERR_PROTOCOL,
			"padding error: need %d block %zu mod %zu", need,
			shape->block, covered % shape->block);
		return reject(r);
	}
	r->whole = LENGTH_LEN + length + shape->tag;
	return STEP_DONE;
}

/* The packet was authentic: count it. */
static enum step
count(struct packet_reader *r, size_t len)
{
	r->last = r->sequence++;
	r->packets++;
	r->bytes += len;
	if (r->sequence > 0 || r->armor != NULL || r->is_bare)
		return STEP_DONE;
	/* Who could drop packets before would go unnoticed. */
	err_set(&r->failure, ERR_PROTOCOL,
		"incoming sequence number wrapped during initial key exchange");
	return STEP_FAIL;
}

/* Take the payload out of a packet in clear of len bytes. */
static enum step
unwrap(struct packet_reader *r, const unsigned char *packet, size_t len,
       struct wire *ret_payload)
{
	size_t rest = len - LENGTH_LEN - 1, padding = packet[LENGTH_LEN];
	struct wire payload;

	if ((padding < PADDING_MIN && !r->is_bare) || padding > rest) {
		err_set(&r->failure, ERR_PROTOCOL,
			"Corrupted padlen %zu on input.", padding);
		return STEP_FAIL;
	}
	wire_init(&payload, packet + LENGTH_LEN + 1, rest - padding);
	if (r->compress != NULL) {
		buf_reset(&r->inflated);
		if (compress_inflate(r->compress, &payload, PACKET_MAX,
				     &r->inflated) != 0) {
			err_set(&r->failure, ERR_PROTOCOL,
				"Corrupted compressed data on input.");
			return STEP_FAIL;
		}
		wire_init(&payload, r->inflated.data, r->inflated.len);
	}
	if (payload.len == 0) {
		err_set(&r->failure, ERR_PROTOCOL, "Empty packet on input.");
		return STEP_FAIL;
	}
	*ret_payload = payload;
	return STEP_DONE;
}

static enum step
open_packet(struct packet_reader *r, struct wire *ret_payload)
{
	const struct armor_shape *shape = armor_get_shape(r->armor);
	unsigned char *packet = r->in.data + r->start;
	size_t len = r->whole - shape->tag;

	if (armor_open(r->armor, r->sequence, packet, len) != 0) {
		err_set(&r->failure, ERR_PROTOCOL, "%s",
			shape->is_aead ? "message authentication code incorrect"
				       : "Corrupted MAC on input.");
		return reject(r);
	}
	if (count(r, len) == STEP_FAIL)
		return STEP_FAIL;
	/* The bytes stay where they are until there must be room. */
	r->start += r->whole;
	r->whole = 0;
	return unwrap(r, packet, len, ret_payload);
}

static enum step
discard(struct packet_reader *r)
{
	size_t here = packet_reader_buffered(r);

	if (here >= r->to_discard)
		return STEP_FAIL;
	r->to_discard -= here;
	r->start = r->in.len;
	return STEP_AGAIN;
}

static enum step
next(struct packet_reader *r, struct wire *ret_payload)
{
	enum step step = r->whole == 0 ? measure(r) : STEP_DONE;

	if (step == STEP_DONE && packet_reader_buffered(r) < r->whole)
		step = STEP_AGAIN;
	if (step == STEP_DONE)
		step = open_packet(r, ret_payload);
	return step;
}

enum step
packet_next(struct packet_reader *r, struct wire *ret_payload, struct err *e)
{
	enum step step = STEP_FAIL;

	if (!r->has_failed && r->to_discard == 0)
		step = next(r, ret_payload);
	if (!r->has_failed && r->to_discard > 0)
		step = discard(r);
	if (step == STEP_FAIL) {
		r->has_failed = true;
		*e = r->failure;
	}
	return step;
}

uint32_t
packet_reader_sequence(const struct packet_reader *r)
{
	return r->last;
}

uint64_t
packet_reader_bytes(const struct packet_reader *r)
{
	return r->bytes;
}

uint64_t
packet_reader_packets(const struct packet_reader *r)
{
	return r->packets;
}
