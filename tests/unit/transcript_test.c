/*
 * Whole sessions of our own engine, as they went with OpenSSH once: the random
 * numbers are the same again, the server says what it said, and so must the
 * client, byte for byte. So exchanges, ciphers, MACs, padding and compression
 * have known answers.
 *
 * With the arguments PORT FOLDER it has such sessions with a server on that
 * port, and writes down what was said (tests/transcripts/record.bats).
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "key_data.h"
#include "net/loop.h"
#include "net/stream.h"
#include "same_random.h"
#include "ssh/channel.h"
#include "ssh/login.h"
#include "ssh/native/cipher.h"
#include "ssh/native/kex.h"
#include "ssh/native/kex_method.h"
#include "ssh/native/mac.h"
#include "ssh/native/packet.h"
#include "ssh/session.h"
#include "tap.h"
#include "transcript.h"

#define USER "ferry"
#define COMMAND "cat; exit 7"
#define STATUS 7 /* of it */
#define KEY "ed25519"
#define WINDOW ((uint32_t)1024 * 1024)
#define PATIENCE_S 20
#define PIECE ((size_t)4096)
/* Of an AEAD. */
#define UNUSED "hmac-sha2-256"

/* What the command gets to read, and says again. */
static const char words[] =
    "A hawser is a thick rope for mooring or towing a ship; a thick rope is "
    "laid of thin ropes, and a thin rope of yarns.\n";

/* What is agreed upon: each method, cipher and MAC that OpenSSH 9.2 has in
 * common with us, and each kind of host key. */
static const struct row {
	const char *kex, *host_key, *cipher, *mac;
	const char *more; /* compression, other keys on the way */
} rows[] = {
	/* clang-format off */
	{ "curve25519-sha256", "ssh-ed25519",
	  "chacha20-poly1305@openssh.com", UNUSED, "" },
	{ "curve25519-sha256@libssh.org", "ecdsa-sha2-nistp256",
	  "aes128-gcm@openssh.com", UNUSED, "" },
	{ "ecdh-sha2-nistp256", "ecdsa-sha2-nistp384",
	  "aes256-gcm@openssh.com", UNUSED, "" },
	{ "ecdh-sha2-nistp384", "ecdsa-sha2-nistp521",
	  "aes128-ctr", "hmac-sha2-256-etm@openssh.com", "" },
	{ "ecdh-sha2-nistp521", "rsa-sha2-512",
	  "aes192-ctr", "hmac-sha2-512-etm@openssh.com", "" },
	{ "diffie-hellman-group-exchange-sha256", "rsa-sha2-256",
	  "aes256-ctr", "hmac-sha2-256", "" },
	{ "diffie-hellman-group16-sha512", "ssh-rsa",
	  "aes128-cbc", "hmac-sha2-512", "" },
	{ "diffie-hellman-group18-sha512", "ssh-ed25519",
	  "aes192-cbc", "hmac-sha1-etm@openssh.com", "" },
	{ "diffie-hellman-group14-sha256", "ecdsa-sha2-nistp256",
	  "aes256-cbc", "hmac-sha1", "" },
	{ "diffie-hellman-group-exchange-sha1", "rsa-sha2-512",
	  "3des-cbc", "hmac-sha1-96", "" },
	{ "diffie-hellman-group14-sha1", "ssh-rsa",
	  "3des-cbc", "hmac-md5-etm@openssh.com", "" },
	{ "diffie-hellman-group1-sha1", "ssh-ed25519",
	  "aes128-ctr", "hmac-md5", "" },
	{ "curve25519-sha256", "ssh-ed25519",
	  "aes256-ctr", "hmac-sha1-96-etm@openssh.com", "+zlib" },
	{ "ecdh-sha2-nistp256", "ssh-ed25519",
	  "aes256-cbc", "hmac-md5-96-etm@openssh.com", "+rekey" },
	{ "curve25519-sha256", "ssh-ed25519",
	  "aes192-ctr", "hmac-md5-96", "+zlib+rekey" },
	{ "curve25519-sha256", "ssh-ed25519",
	  "aes128-gcm@openssh.com", UNUSED, "+rekey" },
	{ "mlkem768x25519-sha256", "ssh-ed25519",
	  "aes256-gcm@openssh.com", UNUSED, "+rekey" },
	/* clang-format on */
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static bool
has(const struct row *row, const char *more)
{
	return strstr(row->more, more) != NULL;
}

/* One session, and who has the other end of its connection. */
struct play {
	const struct row *row;
	char *name;
	struct session *session;
	struct login_key key;
	struct channel *channel;
	size_t stage;
	size_t written, wanted; /* of data; what is to come back of it */
	int round;
	struct buf output;
	int status;
	struct transcript transcript;
	int there;  /* the other end */
	int server; /* -1: there is none but in the transcript */
	struct err e;
};

/* --- the user ------------------------------------------------------------- */

static enum step
sign(void *arg, const char *algorithm, const void *data, size_t len,
     struct buf *ret_signature)
{
	struct wire message = { data, len };
	struct err e;

	if (private_key_sign(arg, algorithm, &message, ret_signature, &e) != 0)
		return STEP_FAIL;
	return STEP_DONE;
}

static enum step
shake_hands(struct play *p)
{
	return session_handshake(p->session, &p->e);
}

static enum step
login_step(struct play *p, enum login_result got, enum login_result wanted)
{
	if (got == LOGIN_AGAIN)
		return STEP_AGAIN;
	if (got == wanted)
		return STEP_DONE;
	err_set(&p->e, ERR_AUTH, "The login has the result %d.", (int)got);
	return STEP_FAIL;
}

static enum step
ask_for_methods(struct play *p)
{
	return login_step(p, login_none(p->session, USER), LOGIN_REFUSED);
}

static enum step
log_in(struct play *p)
{
	return login_step(p, login_publickey(p->session, USER, &p->key),
			  LOGIN_SUCCESS);
}

static enum step
start(struct play *p)
{
	p->channel = channel_open_session(p->session, WINDOW);
	channel_request_start(p->channel, "exec", COMMAND);
	return STEP_DONE;
}

/* All came back: say it (again, with other keys), or end. */
static void
begin_round(struct play *p)
{
	int most = has(p->row, "rekey") ? 2 : 1;

	p->round++;
	if (p->round == 2 && most == 2) {
		same_random_change();
		session_rekey(p->session);
	}
	if (p->round <= most)
		p->wanted += strlen(words);
	else if (p->round == most + 1)
		channel_send_eof(p->channel);
}

static void
move_data(struct play *p)
{
	const unsigned char *data;
	size_t left;
	ssize_t n;

	while ((n = channel_peek(p->channel, CHANNEL_STDOUT, &data)) > 0) {
		buf_add(&p->output, data, (size_t)n);
		channel_consume(p->channel, CHANNEL_STDOUT, (size_t)n);
	}
	if (p->output.len == p->wanted)
		begin_round(p);
	left = p->wanted - p->written;
	n = channel_write(p->channel, words + strlen(words) - left, left);
	p->written += n > 0 ? (size_t)n : 0;
}

static enum step
relay(struct play *p)
{
	const char *signal, *message;
	enum step step;

	session_pump(p->session);
	session_poll_requests(p->session);
	if (session_ended(p->session) != SESSION_ALIVE) {
		(void)session_explain(p->session, &p->e);
		return STEP_FAIL;
	}
	step = channel_start_step(p->channel, &p->e);
	if (step != STEP_DONE)
		return step;
	move_data(p);
	if (!channel_is_closed(p->channel))
		return STEP_AGAIN;
	(void)channel_exit(p->channel, &p->status, &signal, &message);
	session_disconnect(p->session);
	return STEP_DONE;
}

static enum step (*const stages[])(struct play *p) = {
	shake_hands, ask_for_methods, log_in, start, relay,
};

#define N_STAGES (sizeof(stages) / sizeof(stages[0]))

/* Go as far as possible; false if it failed. */
static bool
go_on(struct play *p)
{
	enum step step = STEP_DONE;

	while (step == STEP_DONE && p->stage < N_STAGES) {
		step = stages[p->stage](p);
		p->stage += step == STEP_DONE ? 1 : 0;
	}
	session_flush(p->session);
	return step != STEP_FAIL;
}

/* --- the other end -------------------------------------------------------- */

static bool
send_all(int fd, const struct buf *b)
{
	return send(fd, b->data, b->len, MSG_NOSIGNAL) == (ssize_t)b->len;
}

/* What the client says: is it what it had to say? */
static bool
tell(struct play *p, const struct buf *said)
{
	struct buf want = BUF_INIT;
	bool is_same;

	if (p->server >= 0) {
		transcript_add(&p->transcript, TRANSCRIPT_SAID, said);
		return send_all(p->server, said);
	}
	is_same = transcript_next(&p->transcript, TRANSCRIPT_SAID, &want) &&
		  want.len == said->len &&
		  memcmp(want.data, said->data, want.len) == 0;
	buf_clear(&want);
	if (!is_same)
		err_set(&p->e, ERR_PROTOCOL, "It says something else.");
	return is_same;
}

/* What it hears next. */
static bool
hear(struct play *p, struct buf *ret_heard)
{
	ssize_t n = 0;

	if (p->server < 0 &&
	    transcript_next(&p->transcript, TRANSCRIPT_HEARD, ret_heard))
		return true;
	if (p->server >= 0)
		n = recv(p->server, buf_room(ret_heard, PIECE), PIECE, 0);
	if (n <= 0) {
		err_set(&p->e, ERR_PROTOCOL, "It waits for more.");
		return false;
	}
	ret_heard->len += (size_t)n;
	transcript_add(&p->transcript, TRANSCRIPT_HEARD, ret_heard);
	return true;
}

/* One turn: the client goes on, and one of both says something. */
static bool
take_turn(struct play *p)
{
	struct buf b = BUF_INIT;
	bool is_good = go_on(p);
	ssize_t n;

	while ((n = recv(p->there, buf_room(&b, PIECE), PIECE, 0)) > 0)
		b.len += (size_t)n;
	if (is_good && b.len > 0)
		is_good = tell(p, &b);
	buf_reset(&b);
	if (is_good && p->stage < N_STAGES)
		is_good = hear(p, &b) && send_all(p->there, &b);
	buf_clear(&b);
	return is_good;
}

/* --- the play ------------------------------------------------------------- */

/* Nobody sleeps here. */
static void
ignore(void *arg)
{
	(void)arg;
}

static void
begin(struct play *p, struct loop *loop)
{
	struct session_params q = {
		.engine = SESSION_NATIVE,
		.identification = "SSH-2.0-hawser_transcript",
		.kex = p->row->kex,
		.host_keys = p->row->host_key,
		.ciphers = p->row->cipher,
		.macs = p->row->mac,
		.compression = has(p->row, "zlib"),
		.window_most = WINDOW,
	};
	struct stream *stream;
	int fds[2];

	same_random_begin(p->name);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0)
		abort();
	p->there = fds[1];
	stream = stream_new(loop, fds[0], ignore, NULL, &p->e);
	if (stream != NULL)
		p->session = session_new(stream, &q, &p->e);
	if (p->session == NULL)
		abort();
}

static bool
is_echo(const struct play *p)
{
	size_t n = strlen(words);

	return p->output.len == p->wanted && p->output.len >= n &&
	       memcmp(p->output.data, words, n) == 0 &&
	       memcmp(p->output.data + p->output.len - n, words, n) == 0;
}

/* The whole of it, up to the end. */
static bool
perform(struct play *p, struct loop *loop)
{
	bool is_same = true, is_right;

	begin(p, loop);
	while (is_same && p->stage < N_STAGES)
		is_same = take_turn(p);
	is_same = is_same && transcript_is_at_end(&p->transcript);
	ok(is_same, "%s: the client says what it said", p->name);
	if (!is_same)
		printf("# up to character %zu. %s\n", p->transcript.at,
		       p->e.text);
	is_right = ok(is_echo(p) && p->status == STATUS,
		      "%s: what the server said is understood", p->name);
	channel_free(p->channel);
	session_free(p->session);
	close(p->there);
	buf_clear(&p->output);
	return is_same && is_right;
}

static bool
is_supported(const struct row *row)
{
	return kex_method_is_supported(row->kex) &&
	       cipher_is_supported(row->cipher) && mac_is_supported(row->mac) &&
	       packet_can_compress(); /* so every offer said */
}

static void
replay(struct play *p, struct loop *loop)
{
	char *file = xasprintf("transcripts/%s", p->name);

	p->server = -1;
	data_load(file, &p->transcript.text);
	(void)perform(p, loop);
	free(file);
}

static int
dial(int port)
{
	struct timeval patience = { PATIENCE_S, 0 };
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)port),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		       sizeof(patience)) != 0)
		abort();
	return fd;
}

static void
record(struct play *p, struct loop *loop, char **argv)
{
	char *path = xasprintf("%s/%s", argv[2], p->name);

	p->server = dial((int)strtol(argv[1], NULL, 10));
	if (perform(p, loop))
		data_write(path, p->transcript.text.data,
			   p->transcript.text.len, 0644);
	close(p->server);
	free(path);
}

int
main(int argc, char **argv)
{
	struct err e;
	struct loop *loop = loop_new(&e);
	struct buf file = BUF_INIT;
	struct private_key *key = NULL;
	struct login_key login = { .algorithms = "ssh-ed25519", .sign = sign };

	key_data_file(KEY, &file);
	if (loop == NULL || key_data_parse(&file, NULL, &key, &e) != PRIVATE_OK)
		abort();
	login.blob = private_key_public(key)->blob;
	login.len = private_key_public(key)->len;
	login.arg = key;
	for (size_t i = 0; i < N_ROWS; i++) {
		const struct row *row = &rows[i];
		struct play p = { .row = row, .key = login };

		p.name = xasprintf("%s+%s%s", row->kex, row->cipher, row->more);
		if (!is_supported(row))
			skip("%s: this build has not all of it", p.name);
		else if (argc == 3)
			record(&p, loop, argv);
		else
			replay(&p, loop);
		buf_clear(&p.transcript.text);
		free(p.name);
	}
	private_key_free(key);
	buf_clear(&file);
	loop_free(loop);
	return done_testing();
}
