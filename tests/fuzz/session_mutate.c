/* How libFuzzer changes scripts: event by event, so that what follows a change
 * keeps its meaning. Linked into session_fuzz with --enable-fuzzing only. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/wire.h"
#include "script.h"

#define EVENTS_MAX 200
#define DATA_MAX ((size_t)600)

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed);

/* Where the events of a script are. */
struct outline {
	const uint8_t *at[EVENTS_MAX + 1]; /* one more: the end */
	size_t n;
};

/* The channels and numbers that mean something. */
static const uint32_t numbers[] = { 0,     1,   2,          3,
				    100,   101, 4022,       32768,
				    65536, 99,  UINT32_MAX, 0x7fffffff };

static const char *const words[] = {
	"session",
	"x11",
	"auth-agent@openssh.com",
	"forwarded-tcpip",
	"forwarded-streamlocal@openssh.com",
	"exit-status",
	"exit-signal",
	"eow@openssh.com",
	"keepalive@openssh.com",
	"hostkeys-00@openssh.com",
	"server-sig-algs",
	"publickey,password,keyboard-interactive",
	"ssh-userauth",
	"ssh-connection",
	"ssh-ed25519",
	"TERM",
	"",
};

static const uint8_t types[] = { 1,  2,  3,  4,  6,  7,  20, 21,  30, 31,
				 51, 52, 53, 60, 80, 81, 82, 90,  91, 92,
				 93, 94, 95, 96, 97, 98, 99, 100, 192 };

static unsigned
pick(unsigned *seed, size_t n)
{
	*seed = *seed * 1103515245u + 12345u;
	return (unsigned)((*seed >> 8) % n);
}

static void
read_outline(struct outline *o, const uint8_t *data, size_t size)
{
	struct script_event event;
	struct wire w;

	wire_init(&w, data, size);
	o->n = 0;
	o->at[0] = data;
	while (o->n < EVENTS_MAX && script_get_event(&w, &event))
		o->at[++o->n] = w.data;
	o->at[o->n] = data + size;
}

static void
copy(struct buf *b, const struct outline *o, size_t from, size_t to)
{
	buf_add(b, o->at[from], (size_t)(o->at[to] - o->at[from]));
}

static void
put_data(struct buf *b, uint8_t kind, const uint8_t *data, size_t len)
{
	wire_put_byte(b, kind);
	wire_put_byte(b, (uint8_t)(len >> 8));
	wire_put_byte(b, (uint8_t)len);
	buf_add(b, data, len);
}

/* A message that may make sense. */
static void
put_message(struct buf *b, unsigned *seed)
{
	size_t n_fields = pick(seed, 6);
	struct buf payload = BUF_INIT;

	wire_put_byte(&payload, types[pick(seed, sizeof(types))]);
	for (size_t i = 0; i < n_fields; i++) {
		unsigned kind = pick(seed, 8);

		if (kind < 4)
			wire_put_u32(&payload,
				     numbers[pick(seed, sizeof(numbers) /
							    sizeof(*numbers))]);
		else if (kind < 7)
			wire_put_cstring(
			    &payload,
			    words[pick(seed, sizeof(words) / sizeof(*words))]);
		else
			wire_put_byte(&payload, (uint8_t)pick(seed, 2));
	}
	put_data(b, SCRIPT_PAYLOAD, payload.data, payload.len);
	buf_clear(&payload);
}

static void
put_event(struct buf *b, unsigned *seed)
{
	unsigned kind = pick(seed, 2 * SCRIPT_KINDS);

	if (kind >= SCRIPT_KINDS || kind == SCRIPT_PAYLOAD) {
		put_message(b, seed);
		return;
	}
	wire_put_byte(b, (uint8_t)kind);
	if (kind == SCRIPT_RAW) {
		wire_put_byte(b, 0);
		wire_put_byte(b, 0);
	}
	if (kind == SCRIPT_DATA || kind == SCRIPT_ACT || kind == SCRIPT_SPOIL) {
		wire_put_byte(b, (uint8_t)pick(seed, 42));
		wire_put_byte(b, (uint8_t)pick(seed, 256));
	}
	if (kind == SCRIPT_DATA) {
		wire_put_byte(b, (uint8_t)pick(seed, 128));
		wire_put_byte(b, (uint8_t)pick(seed, 256));
	}
	if (kind == SCRIPT_REPEAT)
		wire_put_byte(b, (uint8_t)pick(seed, 32));
}

/* The event again, with other data or other bytes. */
static void
put_changed(struct buf *b, const uint8_t *from, size_t len)
{
	uint8_t data[DATA_MAX];
	struct script_event event;
	struct wire w;
	size_t n;

	wire_init(&w, from, len);
	(void)script_get_event(&w, &event);
	if (event.kind != SCRIPT_PAYLOAD && event.kind != SCRIPT_RAW) {
		n = len < sizeof(data) ? len : sizeof(data);
		memcpy(data, from, n);
		buf_add(b, data, LLVMFuzzerMutate(data, n, n));
		return;
	}
	n = event.data.len < sizeof(data) ? event.data.len : sizeof(data);
	memcpy(data, event.data.data, n);
	put_data(b, *from, data, LLVMFuzzerMutate(data, n, sizeof(data)));
}

/* One change to the events, of which there is at least one. */
static void
change(struct buf *b, const struct outline *o, unsigned *seed)
{
	size_t i = pick(seed, o->n), j = pick(seed, o->n);
	size_t low = i < j ? i : j, high = i < j ? j : i;

	switch (pick(seed, 8)) {
	case 0: /* take it out */
		copy(b, o, 0, i);
		copy(b, o, i + 1, o->n);
		break;
	case 1: /* once more, elsewhere */
		copy(b, o, 0, i);
		copy(b, o, j, j + 1);
		copy(b, o, i, o->n);
		break;
	case 2: /* swap two */
		copy(b, o, 0, low);
		copy(b, o, high, high + 1);
		if (low < high) {
			copy(b, o, low + 1, high);
			copy(b, o, low, low + 1);
		}
		copy(b, o, high + 1, o->n);
		break;
	case 3:
	case 4: /* a new one */
		copy(b, o, 0, i);
		put_event(b, seed);
		copy(b, o, i, o->n);
		break;
	default:
		copy(b, o, 0, i);
		put_changed(b, o->at[i], (size_t)(o->at[i + 1] - o->at[i]));
		copy(b, o, i + 1, o->n);
		break;
	}
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			unsigned int seed)
{
	struct buf b = BUF_INIT;
	struct outline o;

	if (size < SCRIPT_HEADER_BYTES || pick(&seed, 16) == 0)
		return LLVMFuzzerMutate(data, size, max);
	if (pick(&seed, 12) == 0) {
		LLVMFuzzerMutate(data, SCRIPT_HEADER_BYTES,
				 SCRIPT_HEADER_BYTES);
		return size;
	}
	read_outline(&o, data + SCRIPT_HEADER_BYTES,
		     size - SCRIPT_HEADER_BYTES);
	buf_add(&b, data, SCRIPT_HEADER_BYTES);
	if (o.n > 0)
		change(&b, &o, &seed);
	else
		put_event(&b, &seed);
	size = b.len < max ? b.len : max;
	memcpy(data, b.data, size);
	buf_clear(&b);
	return size;
}
