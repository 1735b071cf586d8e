#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/forward_spec.h"
#include "base/log.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "fake_engine.h"
#include "forward/agent_forward.h"
#include "forward/crossing.h"
#include "forward/lane.h"
#include "forward/passenger.h"
#include "forward/x11.h"
#include "keys/agent_wire.h"
#include "net/loop.h"
#include "tap.h"

#define TURNS_MAX 5000

static struct session session = { .engine = &fake_engine };
static struct loop *loop;
static char dir[] = "/tmp/crossing_test.XXXXXX";
static int server = -1; /* listens on dir/s: what we connect to */

/* Who comes in, and by what. */
enum way {
	LOCAL,
	DYNAMIC,
	REMOTE,
	REMOTE_DYNAMIC,
	X11,
	AGENT,         /* nobody is asked */
	AGENT_PREFACE, /* likewise */
	AGENT_ASKS,    /* and says yes, if the key is "yes" */
	AGENT_BOTH,
};

struct bytes {
	const char *data;
	size_t len;
};
/* clang-format off */
#define B(text) { text, sizeof(text) - 1 }
#define NOTHING { "", 0 }

#define SOCKS4		"\4\1\0\20\1\2\3\4u\0"
#define SOCKS5		"\5\1\0\5\1\0\3\3web\0\120"
#define X_HEAD		"B\0\0\13\0\0\0\22\0\4\0\0MIT-MAGIC-COOKIE-1\0\0"
#define PREFACE		"\0\0\0\2\33x"
#define SUCCESS		"\0\0\0\1\6"
#define FAILURE		"\0\0\0\1\5"
#define LIST		"\0\0\0\1\13"
#define SIGN_YES	"\0\0\0\20\15\0\0\0\3yes\0\0\0\0\0\0\0\0"
#define SIGN_NO		"\0\0\0\17\15\0\0\0\2no\0\0\0\0\0\0\0\0"

static const struct row {
	const char *name;
	enum way way;
	bool refuses;         /* the other side is not to be had */
	struct bytes says;    /* whoever comes */
	struct bytes answers; /* the other side: an agent to each message,
				 others at once */
	struct bytes hears;   /* whoever came */
	struct bytes passed;  /* to the other side */
	const char *path;     /* that the server was to connect to */
} rows[] = {
	{ "-L", LOCAL, false, B("ahoy"), B("pong"), B("pong"), B("ahoy"),
	  "/there" },
	{ "-L, refused", LOCAL, true, B("ahoy"), B("pong"), NOTHING, NOTHING,
	  "/there" },
	{ "-D, version 4", DYNAMIC, false, B(SOCKS4 "ahoy"), B("pong"),
	  B("\0\132\0\0\0\0\0\0pong"), B("ahoy"), "1.2.3.4" },
	{ "-D, version 5", DYNAMIC, false, B(SOCKS5 "ahoy"), B("pong"),
	  B("\5\0" "\5\0\0\1\0\0\0\0\0\0pong"), B("ahoy"), "web" },
	{ "-D, refused", DYNAMIC, true, B(SOCKS5 "ahoy"), B("pong"),
	  B("\5\0" "\5\1\0\1\0\0\0\0\0\0"), NOTHING, "web" },
	{ "-D, not SOCKS", DYNAMIC, false, B("GET / HTTP"), NOTHING, NOTHING,
	  NOTHING, "" },
	{ "-D, an end too early", DYNAMIC, false, B("\4\1\0\20\1\2\3\4u"),
	  NOTHING, NOTHING, NOTHING, "" },
	{ "-R", REMOTE, false, B("ahoy"), B("pong"), B("pong"), B("ahoy"), "" },
	{ "-R, refused", REMOTE, true, B("ahoy"), B("pong"), NOTHING, NOTHING,
	  "" },
	{ "-R, not permitted", REMOTE_DYNAMIC, false, B(SOCKS5 "ahoy"), NOTHING,
	  B("\5\0" "\5\2\0\1\0\0\0\0\0\0"), NOTHING, "" },
	{ "-R, a command that is not served", REMOTE_DYNAMIC, false,
	  B("\5\1\0\5\2\0\3\3web\0\120"), NOTHING,
	  B("\5\0" "\5\7\0\1\0\0\0\0\0\0"), NOTHING, "" },
	{ "X11", X11, false, B(X_HEAD "fakeahoy"), B("pong"), B("pong"),
	  B(X_HEAD "realahoy"), "" },
	{ "X11, the real cookie", X11, false, B(X_HEAD "realahoy"), NOTHING,
	  NOTHING, NOTHING, "" },
	{ "X11, half a cookie", X11, false, B(X_HEAD "fa"), NOTHING, NOTHING,
	  NOTHING, "" },
	{ "X11, no display", X11, true, B(X_HEAD "fakeahoy"), NOTHING, NOTHING,
	  NOTHING, "" },
	{ "an agent", AGENT, false, B(LIST "ahoy"), B("pong"), B("pong"),
	  B(LIST "ahoy"), "" },
	{ "an agent, told", AGENT_PREFACE, false, B(LIST), B(SUCCESS),
	  B(SUCCESS), B(PREFACE LIST), "" },
	{ "an agent, told, which babbles", AGENT_PREFACE, false, B(LIST),
	  B("\0\0\0\0"), NOTHING, B(PREFACE), "" },
	{ "an agent, asked", AGENT_ASKS, false, B(SIGN_YES), B(SUCCESS),
	  B(SUCCESS), B(SIGN_YES), "" },
	{ "an agent, asked, no", AGENT_ASKS, false, B(SIGN_NO SIGN_NO LIST),
	  B(SUCCESS), B(FAILURE FAILURE SUCCESS), B(LIST), "" },
	{ "an agent, asked, another protocol", AGENT_ASKS, false,
	  B("\0\0\0\0"), NOTHING, NOTHING, NOTHING, "" },
	{ "an agent, told and asked", AGENT_BOTH, false, B(SIGN_YES SIGN_NO),
	  B(SUCCESS), B(SUCCESS FAILURE), B(PREFACE SIGN_YES), "" },
};
/* clang-format on */

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

/* All that a row needs. */
struct play {
	const struct row *row;
	size_t piece;    /* whoever comes says so many bytes at once */
	size_t said;     /* and has said so many */
	size_t answered; /* what the other side heard until its last answer */
	struct buf hears, passed;
	int near, far; /* sockets of the two sides; -1: it is the channel */
	struct fake_channel channel;

	struct crossings crossings; /* and the lane, or one of the others */
	struct lane *lane;
	struct x11 *x11;
	struct agent_forward *agent;
};

static void
wake(void *arg)
{
	(void)arg;
}

static enum step
ask(void *arg, const void *key, size_t len)
{
	(void)arg;
	return len == 3 && memcmp(key, "yes", 3) == 0 ? STEP_DONE : STEP_FAIL;
}

static void
path_of(const char *name, struct sockaddr_un *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->sun_family = AF_UNIX;
	snprintf(ret->sun_path, sizeof(ret->sun_path), "%s/%s", dir, name);
}

static int
new_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0)
		abort();
	return fd;
}

static void
start_lane(struct play *p, const struct forwards_params *params)
{
	static const enum forward_kind kinds[] = {
		[LOCAL] = FORWARD_LOCAL,
		[DYNAMIC] = FORWARD_DYNAMIC,
		[REMOTE] = FORWARD_REMOTE,
		[REMOTE_DYNAMIC] = FORWARD_REMOTE_DYNAMIC,
	};
	const struct row *r = p->row;
	struct forward_spec spec = { .listen.path = xstrdup("/here") };
	struct sockaddr_un un;
	int pair[2];

	path_of(r->refuses ? "nobody" : "s", &un);
	if (r->way == LOCAL)
		spec.connect.path = xstrdup("/there");
	if (r->way == REMOTE)
		spec.connect.path = xstrdup(un.sun_path);
	p->crossings = (struct crossings){
		.kind = &passenger_kind,
		.loop = loop,
		.wake = wake,
	};
	p->lane = lane_new(params, &p->crossings, passenger_admit,
			   kinds[r->way], &spec);
	p->lane->session = &session;
	if (lane_is_remote(p->lane->kind)) {
		passenger_admit(p->lane, -1,
				fake_channel_new(&session, &p->channel));
		return;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0)
		abort();
	p->near = pair[1];
	passenger_admit(p->lane, pair[0], NULL);
}

static void
start_x11(struct play *p)
{
	struct x11_params params = {
		.loop = loop,
		.session = &session,
		.wake = wake,
	};
	struct sockaddr_un un;

	path_of(p->row->refuses ? "nobody" : "s", &un);
	if (x11_cookie_init(&params.cookie, "MIT-MAGIC-COOKIE-1", "7265616c"))
		abort();
	memcpy(params.cookie.fake, "fake", 4);
	params.display.path = xstrdup(un.sun_path);
	p->x11 = x11_new(&params);
}

static void
start_agent(struct play *p)
{
	const enum way way = p->row->way;
	struct agent_forward_params params = {
		.session = &session,
		.guard = { .loop = loop, .forget = wake, .wake = wake },
	};
	struct buf preface = BUF_INIT;
	struct sockaddr_un un;

	path_of("s", &un);
	params.path = un.sun_path;
	if (way == AGENT_ASKS || way == AGENT_BOTH)
		params.guard.ask = ask;
	if (way == AGENT_PREFACE || way == AGENT_BOTH)
		buf_add(&preface, PREFACE, sizeof(PREFACE) - 1);
	params.preface = &preface;
	p->agent = agent_forward_new(&params);
	buf_clear(&preface);
}

static void
start(struct play *p, const struct forwards_params *params)
{
	fake.open = &p->channel;
	fake.refuses = p->row->refuses;
	fake.path[0] = '\0';
	p->near = p->far = -1;
	if (p->row->way <= REMOTE_DYNAMIC) {
		start_lane(p, params);
		return;
	}
	fake.incoming = fake_channel_new(&session, &p->channel);
	if (p->row->way == X11)
		start_x11(p);
	else
		start_agent(p);
}

static size_t
step(struct play *p)
{
	if (p->x11 != NULL) {
		x11_step(p->x11);
		return x11_open(p->x11);
	}
	if (p->agent != NULL) {
		agent_forward_step(p->agent);
		return agent_forward_open(p->agent);
	}
	crossings_step(&p->crossings);
	return p->crossings.count;
}

/* Append what a socket has. Returns false at its end. */
static bool
read_socket(int fd, struct buf *to)
{
	ssize_t n = recv(fd, buf_room(to, 256), 256, 0);

	to->len += n > 0 ? (size_t)n : 0;
	return n > 0 || (n < 0 && errno == EAGAIN);
}

/* The bytes that one side says, by its socket or by the channel. */
static void
say(struct play *p, int fd, const void *data, size_t len)
{
	if (fd < 0)
		buf_add(&p->channel.said, data, len);
	else if (len > 0)
		(void)!send(fd, data, len, MSG_NOSIGNAL);
}

static void
end(struct play *p, int fd)
{
	if (fd < 0)
		p->channel.has_ended = true;
	else
		shutdown(fd, SHUT_WR);
}

/* Whoever came ends when there is nothing more to say or to hear. */
static void
play_near(struct play *p)
{
	const struct row *r = p->row;
	size_t len = r->says.len - p->said;

	if (p->near >= 0)
		read_socket(p->near, &p->hears);
	len = len < p->piece ? len : p->piece;
	say(p, p->near, r->says.data + p->said, len);
	p->said += len;
	if (p->said == r->says.len &&
	    (p->near >= 0 ? &p->hears : &p->channel.heard)->len >= r->hears.len)
		end(p, p->near);
}

static void
play_far(struct play *p)
{
	const struct buf *heard = p->near < 0 ? &p->passed : &p->channel.heard;
	const struct bytes *answers = &p->row->answers;
	bool has_ended = p->channel.heard_end;
	struct err e;
	long due = 0;

	if (p->near < 0 && p->far < 0)
		p->far = accept4(server, NULL, NULL, SOCK_NONBLOCK);
	if (p->near < 0 ? p->far < 0 : p->channel.channel == NULL)
		return;
	if (p->far >= 0)
		has_ended = !read_socket(p->far, &p->passed);
	if (p->agent == NULL && p->answered == 0)
		due = 1;
	else if (p->agent != NULL && heard->len > p->answered)
		due = agent_message_len(heard->data + p->answered,
					heard->len - p->answered, &e);
	if (due > 0) {
		say(p, p->far, answers->data, answers->len);
		p->answered += (size_t)due;
	}
	if (has_ended)
		end(p, p->far);
}

static bool
is_same(const struct buf *got, const struct bytes *want)
{
	if (got->len == want->len &&
	    (got->len == 0 || memcmp(got->data, want->data, got->len) == 0))
		return true;
	printf("# %zu bytes, not %zu:", got->len, want->len);
	for (size_t i = 0; i < got->len; i++)
		printf(" %02x", got->data[i]);
	printf("\n");
	return false;
}

static void
finish(struct play *p)
{
	x11_free(p->x11);
	agent_forward_free(p->agent);
	crossings_clear(&p->crossings);
	if (p->lane != NULL)
		lane_free(p->lane);
	if (p->near >= 0)
		close(p->near);
	if (p->far < 0)
		p->far = accept(server, NULL, NULL); /* over before that */
	if (p->far >= 0)
		close(p->far);
	fake_channel_clear(&p->channel);
	buf_clear(&p->hears);
	buf_clear(&p->passed);
}

static void
play(const struct row *row, size_t piece, const struct forwards_params *params)
{
	struct play p = { .row = row, .piece = piece };
	struct err e = { .kind = ERR_NONE };
	size_t turns = 0;

	start(&p, params);
	while (turns++ < TURNS_MAX && (turns == 1 || step(&p) > 0)) {
		play_near(&p);
		play_far(&p);
		if (loop_run_once(loop, 0, &e) != 0)
			abort();
	}
	if (p.far >= 0)
		read_socket(p.far, &p.passed);
	if (p.near >= 0)
		read_socket(p.near, &p.hears);
	ok(turns < TURNS_MAX &&
	       is_same(p.near >= 0 ? &p.hears : &p.channel.heard,
		       &row->hears) &&
	       is_same(p.near >= 0 ? &p.channel.heard : &p.passed,
		       &row->passed),
	   "%s, %zu at a time: all bytes, in order", row->name, piece);
	is_str(fake.path, row->path, "%s: the target", row->name);
	finish(&p);
}

static void
listen_at_server(void)
{
	struct sockaddr_un un;

	path_of("s", &un);
	server = new_socket();
	if (bind(server, (struct sockaddr *)&un, sizeof(un)) != 0 ||
	    listen(server, 8) != 0)
		abort();
}

static void
test_crossings(void)
{
	struct strv nobody = STRV_INIT;
	struct forwards_params params = {
		.loop = loop,
		.permit_remote_open = &nobody,
		.wake = wake,
	};

	strv_add(&nobody, "db:5432");
	for (size_t i = 0; i < N_ROWS; i++) {
		play(&rows[i], 1000, &params);
		play(&rows[i], 1, &params);
	}
	strv_clear(&nobody);
}

int
main(void)
{
	struct err e = { .kind = ERR_NONE };
	struct sockaddr_un un;

	log_set_level(LOG_LEVEL_QUIET);
	loop = loop_new(&e);
	if (loop == NULL || mkdtemp(dir) == NULL)
		abort();
	listen_at_server();
	test_crossings();
	close(server);
	path_of("s", &un);
	unlink(un.sun_path);
	rmdir(dir);
	loop_free(loop);
	return done_testing();
}
