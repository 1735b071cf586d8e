#include "ssh/libssh2/tap.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/secret.h"
#include "base/wire.h"
#include "base/xalloc.h"

#define MSG_EXT_INFO 7
#define MSG_USERAUTH_FAILURE 51
#define MSG_USERAUTH_BANNER 53
#define MSG_CHANNEL_OPEN_CONFIRMATION 91
#define MSG_CHANNEL_OPEN_FAILURE 92
#define MSG_CHANNEL_DATA 94
#define MSG_CHANNEL_EXTENDED_DATA 95
#define MSG_CHANNEL_REQUEST 98
#define EXTENDED_DATA_STDERR 1

/* Sits in front of every block; keeps malloc's alignment. */
struct tap_block {
	struct tap_block *next, *previous; /* in tap->blocks */
	_Alignas(max_align_t) size_t size;
	bool has_spare;  /* bytes behind it */
	size_t *counter; /* of packets of this kind in the queue, or NULL */
};

/* Bulk data is not worth the time to wipe; logins are short. */
#define WIPE_MAX 4096
#define TEXT_MAX 1024
/* Blocks with spare bytes, which are many for a small block. */
#define SPARE_MAX 2048
/* An entry of libssh2's queue has six. */
#define ENTRY_WORDS_MAX 8

void
tap_init(struct tap *t, size_t used_most, size_t fresh_most)
{
	memset(t, 0, sizeof(*t));
	t->used_most = used_most;
	t->fresh_most = fresh_most;
}

static void *
content(struct tap_block *b)
{
	return b + 1;
}

/* Take a block away from the tap, and free it. */
static void
release(struct tap *t, struct tap_block *b)
{
	for (size_t i = 0; i < 2; i++)
		if (t->young[i] == b)
			t->young[i] = NULL;
	if (b->previous != NULL)
		b->previous->next = b->next;
	else
		t->blocks = b->next;
	if (b->next != NULL)
		b->next->previous = b->previous;
	t->used -= b->size;
	t->n_spare -= b->has_spare;
	if (b->counter != NULL)
		(*b->counter)--;
	if (b->size <= WIPE_MAX)
		secret_wipe(content(b), b->size);
	free(b);
}

void
tap_clear(struct tap *t)
{
	while (t->channels != NULL)
		tap_forget(t, t->channels);
	while (t->blocks != NULL)
		release(t, t->blocks);
	buf_clear(&t->banners);
	free(t->methods);
	free(t->refusal);
	memset(t, 0, sizeof(*t));
}

struct tap_channel *
tap_follow(struct tap *t, uint32_t id)
{
	struct tap_channel *c = xcalloc(1, sizeof(*c));

	c->id = id;
	c->next = t->channels;
	t->channels = c;
	return c;
}

void
tap_forget(struct tap *t, struct tap_channel *c)
{
	struct tap_channel **at = &t->channels;

	if (c == NULL)
		return;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	free(c->exit.signal);
	free(c->exit.message);
	free(c);
}

static struct tap_channel *
find(const struct tap *t, uint32_t id)
{
	struct tap_channel *c = t->channels;

	while (c != NULL && c->id != id)
		c = c->next;
	return c;
}

/* Read a string, cut to a sane length, as an owned C string, or NULL. */
static char *
get_text(struct wire *w)
{
	const unsigned char *data;
	size_t len;

	if (wire_get_string(w, &data, &len) != 0)
		return NULL;
	return xstrndup((const char *)data, len > TEXT_MAX ? TEXT_MAX : len);
}

static void
note_failure(struct tap *t, struct wire *w)
{
	char *methods = get_text(w);
	uint8_t partial;

	if (methods == NULL || wire_get_byte(w, &partial) != 0) {
		free(methods);
		return;
	}
	free(t->methods);
	t->methods = methods;
	t->partial = partial != 0;
	t->failure_seen = true;
}

static void
note_refusal(struct tap *t, struct wire *w)
{
	uint32_t channel, code;
	char *text;

	if (wire_get_u32(w, &channel) != 0 || wire_get_u32(w, &code) != 0 ||
	    (text = get_text(w)) == NULL)
		return;
	free(t->refusal);
	t->refusal = text;
	t->refusal_code = code;
}

static void
note_exit_signal(struct tap_exit *x, struct wire *w)
{
	uint8_t core_dumped;

	if (x->signal != NULL)
		return;
	x->signal = get_text(w);
	if (x->signal != NULL && wire_get_byte(w, &core_dumped) == 0)
		x->message = get_text(w);
}

static void
note_request(struct tap *t, struct wire *w)
{
	struct tap_channel *c;
	uint32_t id, status;
	uint8_t want_reply;
	char *name = NULL;

	if (wire_get_u32(w, &id) != 0 || (c = find(t, id)) == NULL ||
	    (name = get_text(w)) == NULL || wire_get_byte(w, &want_reply) != 0)
		goto out;
	if (strcmp(name, "exit-signal") == 0)
		note_exit_signal(&c->exit, w);
	if (strcmp(name, "exit-status") == 0 && wire_get_u32(w, &status) == 0) {
		c->exit.has_status = true;
		c->exit.status = status;
	}
out:
	free(name);
}

static void
note_data(struct tap *t, struct wire *w, bool is_extended)
{
	const unsigned char *bytes;
	uint32_t id, type = EXTENDED_DATA_STDERR;
	struct tap_channel *c;
	size_t len, skip;

	if (wire_get_u32(w, &id) != 0 || (c = find(t, id)) == NULL ||
	    (is_extended && wire_get_u32(w, &type) != 0) ||
	    type != EXTENDED_DATA_STDERR ||
	    wire_get_string(w, &bytes, &len) != 0)
		return;
	c->freed[is_extended] += len;
	if (c->rescue == NULL)
		return;
	skip = c->skip[is_extended] < len ? (size_t)c->skip[is_extended] : len;
	c->skip[is_extended] -= skip;
	buf_add(&c->rescue[is_extended], bytes + skip, len - skip);
}

void
tap_rescue(struct tap_channel *c, struct buf rescue[2],
	   const uint64_t was_read[2])
{
	/* a packet that was read in part is not freed yet */
	for (int i = 0; i < 2; i++)
		c->skip[i] =
		    was_read[i] > c->freed[i] ? was_read[i] - c->freed[i] : 0;
	c->rescue = rescue;
}

void
tap_packet(struct tap *t, const void *data, size_t len)
{
	struct wire w;
	uint8_t type;
	uint32_t channel;

	wire_init(&w, data, len);
	if (wire_get_byte(&w, &type) != 0)
		return;
	switch (type) {
	case MSG_EXT_INFO:
		t->ext_info_seen = true;
		break;
	case MSG_USERAUTH_FAILURE:
		note_failure(t, &w);
		break;
	case MSG_CHANNEL_OPEN_CONFIRMATION:
		if (wire_get_u32(&w, &channel) == 0) {
			t->open_seen = true;
			t->open_channel = channel;
		}
		break;
	case MSG_CHANNEL_OPEN_FAILURE:
		note_refusal(t, &w);
		break;
	case MSG_CHANNEL_DATA:
	case MSG_CHANNEL_EXTENDED_DATA:
		note_data(t, &w, type == MSG_CHANNEL_EXTENDED_DATA);
		break;
	case MSG_CHANNEL_REQUEST:
		note_request(t, &w);
		break;
	default:
		break;
	}
}

static void
note_banner(struct tap *t, struct wire *w)
{
	const unsigned char *text;
	size_t len;

	if (!t->has_logged_in && wire_get_string(w, &text, &len) == 0)
		buf_add(&t->banners, text, len);
}

/* The kind of a packet in the queue, if there may be only so many of it. */
static size_t *
counter_of(struct tap *t, uint8_t type, struct wire *w)
{
	uint32_t channel, stream, len;

	if (type == MSG_CHANNEL_DATA && wire_get_u32(w, &channel) == 0 &&
	    wire_get_u32(w, &len) == 0 && w->len > 0)
		return NULL;
	if (type == MSG_CHANNEL_EXTENDED_DATA &&
	    wire_get_u32(w, &channel) == 0 && wire_get_u32(w, &stream) == 0 &&
	    stream == EXTENDED_DATA_STDERR && wire_get_u32(w, &len) == 0 &&
	    w->len > 0)
		return &t->n_extended;
	return &t->n_odd;
}

/* One that libssh2 has put into its queue. */
static void
note_queued(struct tap *t, struct tap_block *packet, size_t len)
{
	struct wire w;
	uint8_t type;

	wire_init(&w, content(packet), len);
	if (t->is_deaf || wire_get_byte(&w, &type) != 0)
		return;
	if (type == MSG_USERAUTH_BANNER)
		note_banner(t, &w);
	packet->counter = counter_of(t, type, &w);
	if (packet->counter != NULL)
		(*packet->counter)++;
}

/*
 * The older of the last two blocks is a packet in the queue if the newer one
 * points to it, and says behind that how long it is.
 */
void
tap_look(struct tap *t)
{
	struct tap_block *packet = t->young[0], *entry = t->young[1];
	size_t n = entry != NULL ? entry->size / sizeof(void *) : 0;

	if (packet == NULL || n > ENTRY_WORDS_MAX)
		return;
	for (size_t i = 0; i + 1 < n; i++) {
		void *pointer = ((void **)content(entry))[i];
		size_t len = ((size_t *)content(entry))[i + 1];

		if (pointer != content(packet) || len > packet->size)
			continue;
		t->young[0] = NULL;
		note_queued(t, packet, len);
		return;
	}
}

void
tap_note_progress(struct tap *t)
{
	t->fresh = 0;
}

void *
tap_alloc(struct tap *t, size_t size, size_t spare)
{
	struct tap_block *b;
	size_t whole;

	tap_look(t);
	if (t->used > t->used_most || size > t->used_most - t->used ||
	    (spare > 0 && t->n_spare >= SPARE_MAX) ||
	    size > t->fresh_most - t->fresh ||
	    __builtin_add_overflow(size, spare, &whole) ||
	    __builtin_add_overflow(whole, sizeof(*b), &whole))
		return NULL;
	/* zeroed, so that looking at a block never reads what nobody wrote */
	b = size <= WIPE_MAX ? calloc(1, whole) : malloc(whole);
	if (b == NULL)
		return NULL;
	b->size = size;
	b->counter = NULL;
	b->previous = NULL;
	b->next = t->blocks;
	if (b->next != NULL)
		b->next->previous = b;
	t->blocks = b;
	b->has_spare = spare > 0;
	t->n_spare += b->has_spare;
	t->used += size;
	t->fresh += size;
	t->young[0] = t->young[1];
	t->young[1] = b;
	return content(b);
}

void
tap_free(struct tap *t, void *block)
{
	struct tap_block *b;

	if (block == NULL)
		return;
	b = (struct tap_block *)block - 1;
	if (block == t->watched)
		t->watched = NULL;
	tap_look(t);
	if (!t->is_deaf)
		tap_packet(t, block, b->size);
	release(t, b);
}

void *
tap_realloc(struct tap *t, void *block, size_t size)
{
	void *grown = tap_alloc(t, size, 0);
	struct tap_block *b;

	if (grown == NULL || block == NULL)
		return grown;
	b = (struct tap_block *)block - 1;
	memcpy(grown, block, b->size < size ? b->size : size);
	release(t, b);
	return grown;
}
