/* Another client that uses our session (ssh/proxy.h): the input is what it
 * says, and what a server says meanwhile. Whatever it says, the session lives
 * on, and the server is sent nothing but messages about channels and listeners;
 * and so is it itself, one whole packet after the other. */
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/wire.h"
#include "manners.h"
#include "net/loop.h"
#include "net/stream.h"
#include "peer.h"
#include "same.h"
#include "ssh/login.h"
#include "ssh/proxy.h"
#include "ssh/session.h"

#define CIPHER "aes128-ctr"
#define MAC "hmac-sha2-256"
#define WINDOW_MOST (4 * 1024 * 1024)
#define LOGIN_TURNS 50
#define EVENTS_MAX 500
/* RFC 4250 section 4.1.2: the connection protocol. */
enum { CONNECTION_FIRST = 80, CONNECTION_LAST = 100 };

enum event {
	SAY,     /* the client, one packet */
	SAY_RAW, /* the client, these bytes */
	TELL,    /* the server, one packet */
	REKEY,   /* the server */
	TAKE,    /* the client, so many bytes of what it was sent */
	EVENTS,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct stage {
	struct peer *peer;
	struct session *session;
	struct session_proxy *proxy; /* NULL: it was ended */
	struct manners manners;
	struct buf said, taken; /* by the client, and not dealt with yet */
	bool is_refused, is_peer_well, has_told;
};

static struct loop *loop;

static void
free_loop(void)
{
	loop_free(loop);
}

static void
ignore(void *arg)
{
	(void)arg;
}

static bool
is_of_connection(struct wire payload)
{
	uint8_t type;

	return wire_get_byte(&payload, &type) == 0 &&
	       type >= CONNECTION_FIRST && type <= CONNECTION_LAST;
}

static void
receive(void *arg, const struct wire *payload)
{
	struct stage *s = arg;

	assert(s->proxy == NULL || s->has_told || is_of_connection(*payload));
	manners_answer(&s->manners, s->peer, payload);
}

/* The peer wants a password, and takes any. */
static bool
log_in(struct stage *s)
{
	struct secret *word = secret_new("word", 4);
	struct login_password password = { .password = word };
	bool is_in = false;

	if (s->is_refused)
		is_in = login_password(s->session, "me", &password) ==
			LOGIN_SUCCESS;
	else
		s->is_refused = login_none(s->session, "me") == LOGIN_REFUSED;
	secret_free(word);
	return is_in;
}

/* Log in, and let the client in. */
static void
begin(struct stage *s)
{
	enum step keys = STEP_AGAIN;
	bool is_in = false;
	struct err e;

	for (int i = 0; i < LOGIN_TURNS && !is_in; i++) {
		peer_read(s->peer);
		peer_flush(s->peer, SIZE_MAX);
		if (keys == STEP_AGAIN)
			keys = session_handshake(s->session, &e);
		else
			is_in = log_in(s);
		session_flush(s->session);
	}
	assert(is_in);
	s->proxy = session_proxy_new(s->session);
}

static void
open_stage(struct stage *s, uint8_t manners)
{
	const struct peer_params p = {
		.cipher = CIPHER,
		.mac = MAC,
		.receive = receive,
		.arg = s,
	};
	const struct session_params q = {
		.engine = SESSION_NATIVE,
		.identification = "SSH-2.0-user",
		.kex = PEER_KEX,
		.host_keys = PEER_HOST_KEY,
		.ciphers = CIPHER,
		.macs = MAC,
		.window_most = WINDOW_MOST,
	};
	struct stream *stream;
	struct err e;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		       fds) != 0)
		abort();
	s->manners.kinds = (manners & (MANNERS_QUESTION - 1U)) |
			   MANNERS_SERVICE | MANNERS_LOGIN;
	s->peer = peer_new(fds[0], &p);
	stream = stream_new(loop, fds[1], ignore, s, &e);
	s->session = stream != NULL ? session_new(stream, &q, &e) : NULL;
	if (s->session == NULL)
		abort();
	s->is_peer_well = true;
	begin(s);
}

/* What it was sent are whole packets of the kind that it may have. */
static void
check_taken(struct stage *s)
{
	struct wire all, packet;
	uint8_t padding;

	wire_init(&all, s->taken.data, s->taken.len);
	while (wire_get_wire(&all, &packet) == 0) {
		assert(wire_get_byte(&packet, &padding) == 0 && padding == 0);
		assert(is_of_connection(packet));
	}
	buf_consume(&s->taken, s->taken.len - all.len);
}

static void
take(struct stage *s, size_t most)
{
	struct buf *queue;
	size_t n;

	if (s->proxy == NULL)
		return;
	queue = session_proxy_queue(s->proxy);
	n = queue->len < most ? queue->len : most;
	buf_add(&s->taken, queue->data, n);
	buf_consume(queue, n);
	check_taken(s);
}

/* As much of what the client says as is wanted. */
static void
hear(struct stage *s)
{
	unsigned char *room;
	size_t n;

	room = session_proxy_room(s->proxy, &n);
	if (room == NULL || s->said.len == 0)
		return;
	n = n < s->said.len ? n : s->said.len;
	memcpy(room, s->said.data, n);
	buf_consume(&s->said, n);
	session_proxy_filled(s->proxy, n);
}

static void
turn(struct stage *s)
{
	struct err e = { .kind = ERR_NONE };

	s->is_peer_well = s->is_peer_well && peer_read(s->peer);
	peer_flush(s->peer, SIZE_MAX);
	session_pump(s->session);
	session_poll_requests(s->session);
	if (s->proxy != NULL) {
		hear(s);
		if (session_proxy_step(s->proxy, &e) == STEP_FAIL) {
			assert(e.kind != ERR_NONE && e.text[0] != '\0');
			session_proxy_free(s->proxy);
			s->proxy = NULL;
		}
	}
	session_flush(s->session);
}

static void
do_event(struct stage *s, uint8_t kind, const struct wire *data)
{
	switch ((enum event)(kind % EVENTS)) {
	case SAY:
		wire_put_u32(&s->said, (uint32_t)data->len + 1);
		wire_put_byte(&s->said, 0);
		buf_add(&s->said, data->data, data->len);
		break;
	case SAY_RAW:
		buf_add(&s->said, data->data, data->len);
		break;
	case TELL:
		s->has_told = true;
		manners_note(&s->manners, data);
		peer_send(s->peer, data->data, data->len);
		break;
	case REKEY:
		peer_rekey(s->peer);
		break;
	case TAKE:
		take(s, data->len == 0 ? SIZE_MAX : data->len);
		break;
	case EVENTS:
		break;
	}
}

static void
close_stage(struct stage *s)
{
	session_proxy_free(s->proxy);
	s->proxy = NULL;
	for (int i = 0; i < 3; i++)
		turn(s);
	assert(s->has_told ||
	       (s->is_peer_well && session_ended(s->session) == SESSION_ALIVE));
	session_free(s->session);
	peer_free(s->peer);
	buf_clear(&s->said);
	buf_clear(&s->taken);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stage s = { .is_peer_well = false };
	struct wire input, part;
	uint8_t manners, kind, len;
	struct err e;

	wire_init(&input, data, size);
	if (wire_get_byte(&input, &manners) != 0)
		return 0;
	if (loop == NULL) {
		log_set_level(LOG_LEVEL_QUIET);
		loop = loop_new(&e);
		if (loop == NULL || atexit(free_loop) != 0)
			abort();
	}
	same_begin();
	open_stage(&s, manners);
	for (int i = 0; i < EVENTS_MAX && wire_get_byte(&input, &kind) == 0 &&
			wire_get_byte(&input, &len) == 0;
	     i++) {
		size_t n = len < input.len ? len : input.len;

		wire_init(&part, input.data, n);
		wire_init(&input, input.data + n, input.len - n);
		do_event(&s, kind, &part);
		turn(&s);
	}
	close_stage(&s);
	return 0;
}
