/* libssh2's memory: how much of it a server may use up. */
#include "ssh/libssh2/gcm.h"
#include "ssh/libssh2/internal.h"

/* Before the login is over: banners, and what nobody asked for. */
#define LOGIN_BYTES ((size_t)4 * 1024 * 1024)
/* After it; and for each byte of a window, which may come in small messages,
 * each of them kept with what libssh2 writes about it. */
#define SESSION_BYTES ((size_t)64 * 1024 * 1024)
#define WINDOW_FACTOR 8
/* libssh2 keeps what nobody asked for, and goes through all of that again and
 * again. So it does with what goes to stderr, when a channel is freed. */
#define ODD_MAX 1024
#define EXTENDED_MAX 32768
/* What one reading of the network can give rise to. */
#define FRESH_BYTES ((size_t)2 * 1024 * 1024)
#define FRESH_COMPRESSED_BYTES ((size_t)128 * 1024 * 1024)

void
lib_memory_init(struct session *s, bool has_compression)
{
	tap_init(&s->lib->tap, LOGIN_BYTES,
		 has_compression ? FRESH_COMPRESSED_BYTES : FRESH_BYTES);
}

static size_t
bound(const struct session *s)
{
	size_t bytes = SESSION_BYTES;

	if (s->lib->raw == NULL ||
	    libssh2_userauth_authenticated(s->lib->raw) == 0)
		return LOGIN_BYTES;
	for (const struct channel *c = s->lib->channels; c != NULL; c = c->next)
		bytes += (size_t)WINDOW_FACTOR * c->window.wanted;
	return bytes;
}

/*
 * It was too much. When nothing was read in between, libssh2 1.11.1 goes round
 * in circles because of a wrong tag under ChaCha20-Poly1305.
 */
static void
note_excess(struct session *s, size_t count)
{
	const struct tap *t = &s->lib->tap;

	if (count <= LIBSSH2_PACKET_MAXPAYLOAD &&
	    count > t->fresh_most - t->fresh)
		lib_session_note_bad_mac(s);
	else
		session_note_trouble(s, "the server sends more than can be "
					"kept");
}

LIBSSH2_ALLOC_FUNC(lib_memory_alloc)
{
	struct session *s = *abstract;
	struct lib_session *l = s->lib;
	struct tap *t = &l->tap;

	if (count > t->used_most || t->used > t->used_most - count)
		t->used_most = bound(s);
	l->newest_block = NULL;
	if (t->n_odd <= ODD_MAX && t->n_extended <= EXTENDED_MAX)
		l->newest_block = tap_alloc(t, count, l->spare);
	l->newest_len = count;
	if (l->newest_block == NULL)
		note_excess(s, count);
	return l->newest_block;
}

LIBSSH2_REALLOC_FUNC(lib_memory_realloc)
{
	struct session *s = *abstract;
	void *grown = tap_realloc(&s->lib->tap, ptr, count);

	s->lib->newest_block = NULL;
	if (grown == NULL)
		note_excess(s, count);
	return grown;
}

LIBSSH2_FREE_FUNC(lib_memory_free)
{
	struct session *s = *abstract;

	if (ptr == s->lib->newest_block)
		s->lib->newest_block = NULL;
	/* libssh2 frees a packet whose tag is wrong before it says so */
	if (gcm_has_failed())
		lib_session_note_bad_mac(s);
	tap_free(&s->lib->tap, ptr);
}
