#include "play.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "manners.h"
#include "net/loop.h"
#include "peer.h"
#include "same.h"
#include "ssh/libssh2/gcm.h"
#include "user.h"

#define TURNS_MAX 300
/* After so many turns in which nothing was sent, nothing will be. */
#define TURNS_IDLE 3
#define REPEAT_MAX 32
/* Below the window of any channel. */
#define LEAST_WINDOW ((size_t)64 * 1024)
/* What the peer may send in all. */
#define QUEUE_MAX ((size_t)4 * 1024 * 1024)

enum { MSG_CHANNEL_DATA = 94, MSG_CHANNEL_EXTENDED_DATA = 95 };

static const struct {
	const char *cipher, *mac;
} ciphers[] = {
	{ "aes128-gcm@openssh.com", "hmac-sha2-256" },
	{ "aes128-ctr", "hmac-sha2-256" },
	{ "chacha20-poly1305@openssh.com", "hmac-sha2-256" },
	{ "aes256-gcm@openssh.com", "hmac-sha2-512" },
};

struct stage {
	struct script_header header;
	enum play_mode mode;
	enum session_engine engine;
	struct wire rest; /* of the input */
	struct peer *peer;
	struct user *user;
	struct manners manners;
	struct buf last; /* payload */
	struct buf sent; /* to the user's first channel, as far as we know */
	size_t total;
	bool has_begun, is_peer_well;
	int n_idle;
};

static void
receive(void *arg, const struct wire *payload)
{
	struct stage *s = arg;

	manners_answer(&s->manners, s->peer, payload);
}

/* What the first channel should be able to read: it has number 0 with every
 * engine. libssh2 takes all of a packet for data, whatever length is said. */
static void
note_data(struct stage *s, struct wire w)
{
	struct wire data;
	uint32_t number, len;
	uint8_t type;

	if (wire_get_byte(&w, &type) != 0 || type != MSG_CHANNEL_DATA ||
	    wire_get_u32(&w, &number) != 0 || number != 0)
		return;
	if (s->engine == SESSION_LIBSSH2 && wire_get_u32(&w, &len) == 0)
		buf_add(&s->sent, w.data, w.len);
	else if (wire_get_wire(&w, &data) == 0)
		buf_add(&s->sent, data.data, data.len);
}

static void
send_last(struct stage *s)
{
	struct wire payload;

	s->total += s->last.len;
	if (s->total > QUEUE_MAX)
		return;
	peer_send(s->peer, s->last.data, s->last.len);
	wire_init(&payload, s->last.data, s->last.len);
	manners_note(&s->manners, &payload);
	note_data(s, payload);
}

static void
make_data(struct buf *b, const struct script_event *event)
{
	bool is_extended = event->bytes[1] & 1;

	buf_reset(b);
	wire_put_byte(b, is_extended ? MSG_CHANNEL_EXTENDED_DATA
				     : MSG_CHANNEL_DATA);
	wire_put_u32(b, event->bytes[0]);
	if (is_extended)
		wire_put_u32(b, 1);
	wire_put_u32(b, event->number);
	memset(buf_room(b, event->number), event->bytes[1], event->number);
	b->len += event->number;
}

static void
do_event(struct stage *s, const struct script_event *event)
{
	switch (event->kind) {
	case SCRIPT_PAYLOAD:
		buf_reset(&s->last);
		buf_add(&s->last, event->data.data, event->data.len);
		send_last(s);
		break;
	case SCRIPT_DATA:
		make_data(&s->last, event);
		send_last(s);
		break;
	case SCRIPT_REPEAT:
		for (int i = 0; i < event->bytes[0] % REPEAT_MAX; i++)
			send_last(s);
		break;
	case SCRIPT_REKEY:
		peer_rekey(s->peer);
		break;
	case SCRIPT_RAW:
		peer_send_raw(s->peer, event->data.data, event->data.len);
		break;
	case SCRIPT_ACT:
		user_act(s->user, event->bytes[0], event->bytes[1]);
		break;
	case SCRIPT_HANG_UP:
		peer_hang_up(s->peer);
		break;
	case SCRIPT_SPOIL:
		peer_spoil(s->peer, event->number);
		break;
	case SCRIPT_WAIT:
	case SCRIPT_KINDS:
		break;
	}
}

static void
do_events(struct stage *s)
{
	struct script_event event;

	if (s->mode == PLAY_BYTES) {
		peer_send_raw(s->peer, s->rest.data, s->rest.len);
		wire_init(&s->rest, NULL, 0);
	}
	while (script_get_event(&s->rest, &event)) {
		do_event(s, &event);
		if (event.kind == SCRIPT_WAIT)
			return;
	}
}

static bool
is_time(const struct stage *s)
{
	if (s->n_idle >= TURNS_IDLE)
		return true;
	switch (s->header.start) {
	case SCRIPT_AT_ONCE:
		break;
	case SCRIPT_WITH_KEYS:
		return peer_has_keys(s->peer);
	case SCRIPT_LOGGED_IN:
		return s->manners.is_in;
	case SCRIPT_SETTLED:
		return peer_has_keys(s->peer) && s->n_idle > 0;
	}
	return true;
}

/* False when nothing more can come. */
static bool
take_turn(struct stage *s)
{
	uint64_t before = peer_traffic(s->peer);
	size_t left = s->rest.len;

	s->is_peer_well = s->is_peer_well && peer_read(s->peer);
	s->has_begun = s->has_begun || is_time(s);
	if (s->has_begun)
		do_events(s);
	peer_flush(s->peer, s->header.piece > 0 ? s->header.piece : SIZE_MAX);
	user_step(s->user);
	if (user_is_over(s->user))
		return false;
	s->n_idle++;
	if (peer_traffic(s->peer) != before || s->rest.len != left)
		s->n_idle = 0;
	return s->n_idle < TURNS_IDLE || s->rest.len > 0 || !s->has_begun;
}

/* When the peer goes away, the user notices. */
static void
check_hang_up(struct stage *s)
{
	peer_hang_up(s->peer);
	for (int i = 0; i < TURNS_MAX && !user_is_over(s->user); i++)
		user_step(s->user);
	assert(user_is_over(s->user));
}

/* What came out is the beginning of what went in. This peer knows no windows,
 * and libssh2 cuts off what is beyond them; that is found out at the end only
 * (docs/LIBSSH2.md). */
static void
check_output(const struct stage *s)
{
	const struct buf *output = user_output(s->user);
	size_t len = output->len;

	assert(len <= s->sent.len);
	if (s->engine == SESSION_LIBSSH2 && len > LEAST_WINDOW)
		len = LEAST_WINDOW;
	assert(len == 0 || memcmp(output->data, s->sent.data, len) == 0);
}

static bool
open_stage(struct stage *s, struct loop *l)
{
	size_t cipher = s->header.cipher % (sizeof(ciphers) / sizeof(*ciphers));
	struct peer_params p = {
		.cipher = ciphers[cipher].cipher,
		.mac = ciphers[cipher].mac,
		.compression = s->header.compression,
		.is_strict = s->header.is_strict,
		.has_ext_info = s->header.has_ext_info,
		.receive = receive,
		.arg = s,
	};
	struct user_params u = {
		.engine = s->engine,
		.cipher = p.cipher,
		.mac = p.mac,
		.compression = p.compression,
		.login = (enum user_login)s->header.login,
		.ways = s->header.ways,
		.wants = s->header.wants,
	};
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		       fds) != 0)
		return false;
	s->manners.kinds = s->header.manners;
	s->is_peer_well = true;
	s->peer = peer_new(fds[0], &p);
	s->user = user_new(l, fds[1], &u);
	return true;
}

static struct user_outcome
play_once(struct stage s, struct loop *l)
{
	struct user_outcome outcome = { 0 };

	same_begin();
	if (!open_stage(&s, l))
		abort();
	for (int i = 0; i < TURNS_MAX && take_turn(&s); i++)
		continue;
	outcome = user_outcome(s.user);
	check_hang_up(&s);
	if (s.mode == PLAY_EVENTS)
		check_output(&s);
	user_free(s.user);
	peer_free(s.peer);
	buf_clear(&s.last);
	buf_clear(&s.sent);
	return outcome;
}

static void
print(const char *engine, const struct user_outcome *o)
{
	fprintf(stderr,
		"%s: keys %d, in %d, alive %d, %llu bytes, exit %d %d %s\n",
		engine, o->is_handshaken, o->is_in, o->is_alive,
		(unsigned long long)o->bytes, o->exit, o->status, o->why);
}

static void
compare(const struct user_outcome *a, const struct user_outcome *b)
{
	const char *wanted = getenv("DIFFER");

	if (wanted == NULL || (!a->is_alive && strcmp(wanted, "all") != 0))
		return;
	if (a->is_handshaken == b->is_handshaken && a->is_in == b->is_in &&
	    a->is_alive == b->is_alive && a->bytes == b->bytes &&
	    a->exit == b->exit && a->status == b->status)
		return;
	print("native", a);
	print("libssh2", b);
	abort();
}

static bool
is_wanted(enum session_engine engine)
{
	const char *only = getenv("ENGINE");
	const char *name = engine == SESSION_NATIVE ? "native" : "libssh2";

	return session_has_engine(engine) &&
	       (only == NULL || strcmp(only, name) == 0);
}

/* What is made once, for all inputs: loading the provider takes longer than a
 * session. */
static struct loop *loop;
#ifdef HAVE_LIBSSH2
static OSSL_PROVIDER *gcm;
#endif

static void
free_common(void)
{
	loop_free(loop);
#ifdef HAVE_LIBSSH2
	gcm_release(gcm);
#endif
}

static struct loop *
common_loop(void)
{
	struct err e;

	if (loop != NULL)
		return loop;
	log_set_level(LOG_LEVEL_QUIET);
#ifdef HAVE_LIBSSH2
	gcm = gcm_use();
#endif
	loop = loop_new(&e);
	if (loop == NULL || atexit(free_common) != 0)
		abort();
	return loop;
}

void
play(const uint8_t *data, size_t size, enum play_mode mode)
{
	static const enum session_engine engines[2] = { SESSION_NATIVE,
							SESSION_LIBSSH2 };
	struct stage s = { .mode = mode };
	struct user_outcome outcomes[2];
	int n = 0;

	wire_init(&s.rest, data, size);
	if (!script_get_header(&s.rest, &s.header))
		return;
	for (int i = 0; i < 2; i++) {
		s.engine = engines[i];
		if (is_wanted(s.engine))
			outcomes[n++] = play_once(s, common_loop());
	}
	if (n == 2)
		compare(&outcomes[0], &outcomes[1]);
}
