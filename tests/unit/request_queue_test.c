/* The queue of requests against calls that behave as libssh2's do. */
#include <libssh2.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "ssh/libssh2/internal.h"
#include "ssh/libssh2/queue.h"
#include "tap.h"

#define N_SLOTS (SLOT_START + 1)
#define LONG_MS 3600000

/*
 * A script is words. A request is made with the letter of its kind, and that
 * of its channel (a to c) or listener (l, m):
 *   O open, L listen, G agent, X X11, E variable, P pty, S start
 * The server answers "+" or "-" to a channel's requests, to opens (o) or to
 * listeners (l). And there are:
 *   .    a turn                        =a   a is open from now on
 *   xa   a goes                        ca   a is to be closed
 *   k    a key exchange begins, or ends
 *   !    the next call fails at once   Z    or ends the session
 *   y    an early open is allowed      e    do it        u  take it back
 *   w    give up the open that blocks others             W  if it is very old
 *   fl   l is forgotten                ?    are replies pipelined?
 *   ?a   does a wait for something?
 *
 * What happens is words too: what was asked for, numbered in the order of the
 * asking (an extra request has no number), and how it goes:
 *   >    is sent     x    is given up
 *   +, - is answered t    timed out     !    failed
 */
static const struct row {
	const char *name;
	const char *script;
	const char *happens;
	int left; /* in the queue */
} rows[] = {
	{ "answers in the order of the requests",
	  "=a Pa Ea Sa . ? +a . -a . ? +a . ?",
	  "P1> E2> S3> many P1+ E2- one S3+ one", 0 },
	{ "no answer yet", "=a Ea . . .", "E1>", 1 },
	{ "each kind has its own slot", "=a Ga Xa Ea Pa Sa .",
	  "G1> X2> E3> P4> S5>", 5 },
	{ "the same slot twice, which is not variables",
	  "=a Pa Pa Sa . +a . +a . +a .", "P1> P1+ P2> S3> P2+ S3+", 0 },

	{ "a variable", "=a Ea . -a .", "E1> E1-", 0 },
	{ "variables give up their slot", "=a Ea Ea Ea . ?",
	  "E1> E1x E2> E2x E3> many", 3 },
	{ "calls of later requests take their answers",
	  "=a Ea Ea Sa . -a . +a . +a .", "E1> E1x E2> S3> E1- E2+ X> S3+", 0 },
	{ "an extra request takes what is left, once for each",
	  "=a Ea Ea Ea . +a . -a . +a .",
	  "E1> E1x E2> E2x E3> E1+ X> E2- X> E3+", 0 },
	{ "answers that come together", "=a Ea Ea Sa . -a -a +a . .",
	  "E1> E1x E2> S3> E1- E2- X> S3+", 0 },
	{ "none is sent where the channel is to be closed",
	  "=a Ea Ea . ca -a . -a .", "E1> E1x E2> E1-", 1 },

	{ "opens wait for each other", "Oa Ob . . +o . -o .", "O1> O1+ O2> O2-",
	  0 },
	{ "requests wait for the open, and others do not wait for them",
	  "Oa Sa Ob Sb . +o . +o . -b . +a .",
	  "O1> O1+ S2> O3> O3+ S4> S4- S2+", 0 },
	{ "requests on a channel that was refused", "Oa Ea Sa . -o .",
	  "O1> O1- E2! S3!", 0 },
	{ "listeners wait for each other", "=a Ll Lm Sa . +l . -l .",
	  "L1> S3> L1+ L2> L2-", 1 },
	{ "an open and a listener do not", "=a Ob Ll . +l . +o .",
	  "O1> L2> L2+ O1+", 0 },

	{ "two channels", "=a =b Ea Eb Ea Sb Sa . ? -b . -a . +b . +a . +a .",
	  "E1> E1x E2> E3> S4> S5> many E2- E1- S4+ E3+ X> S5+", 0 },
	{ "two channels that do not pipeline", "=a =b Sa Sb . ?", "S1> S2> one",
	  2 },
	{ "a channel goes between request and answer",
	  "=a =b Ea Ea Sb Sa . xa ?a ?b +b .", "E1> E1x E2> S3> S4> no yes S3+",
	  0 },
	{ "an open goes on without its channel", "=a Ob Sb . xb ?b +o .",
	  "O1> yes O1+", 0 },
	{ "unless it was not sent", "=a Ob Oc Sc . xc ?c +o .", "O1> no O1+",
	  0 },
	{ "a listener is forgotten", "=a Ll Lm Sa . fm +l .", "L1> S3> L1+",
	  1 },

	{ "a call fails", "=a ! Ea Sa . +a .", "E1! S2> S2+", 0 },
	{ "and takes nobody's answer", "=a Ea Ea Sa . -a ! . . +a . +a .",
	  "E1> E1x E2> S3> E2! E1- X> S3+", 0 },
	{ "the session ends", "=a =b Sa . Z Sb . . ?b", "S1> S1! end S2> yes",
	  1 },
	{ "a key exchange lets nothing out", "=a k Ea Ea Sa . k . -a . -a .",
	  "E1> E1- E2> S3> E2-", 1 },
	{ "and keeps the order", "=a k Pa Ea . . k .", "P1> E2>", 2 },

	{ "an open that blocks others is given up", "=a Ob Oc . w . +o .",
	  "O1> O1x O1t O2> O2+", 0 },
	{ "one that blocks none is not", "=a Ob Sa . w . +o .", "O1> S2> O1+",
	  1 },
	{ "nor one that is young", "=a Ob Oc . W . +o .", "O1> O1+ O2>", 1 },
	{ "nor one that was not sent", "=a Ob Oc w .", "O1>", 2 },

	{ "an early open", "y Oa Sa e . +o .", "O1> O1+ S2>", 1 },
	{ "it is not allowed", "Oa e ? .", "one O1>", 1 },
	{ "it cannot be sent", "y k Oa e u k .", "O1>", 1 },
	{ "something else is first", "=a y Sa Ob e ?b", "yes", 2 },
	{ "it is taken back, and sent again", "y Oa e u u . +o .",
	  "O1> O1x O1> O1+", 0 },
	{ "it is taken back, and its channel goes", "y Oa e u xa ?a",
	  "O1> O1x no", 0 },
	{ "there is none to be taken back", "y Oa u .", "O1>", 1 },
};

/* What libssh2 keeps of a channel, or (the first) session-wide. */
static struct fake {
	struct channel channel;
	struct lib_channel lib;
	const struct request *waits[N_SLOTS];
	char answers[8]; /* from the server, for requests */
} fakes[4];

static struct {
	struct session session;
	struct lib_session lib;
	char opens[8], listens[8]; /* answers */
	bool is_exchanging;
	int failure; /* of the next call */
	int asked;
	struct buf happens;
} now;

static void
happen(const char *what)
{
	if (now.happens.len > 0)
		buf_add_str(&now.happens, " ");
	buf_add_str(&now.happens, what);
}

static void
happen_to(const struct request *r, char how)
{
	char *text = xasprintf("%s%c", r->text[0], how);

	happen(text);
	free(text);
}

/* The first of some answers, which is taken; or 0. */
static char
shift(char *answers)
{
	char first = answers[0];

	if (first != '\0')
		memmove(answers, answers + 1, strlen(answers));
	return first;
}

static char *
answers_of(const struct request *r, struct fake *f)
{
	if (r->slot == SLOT_OPEN)
		return now.opens;
	return r->slot == SLOT_LISTEN ? now.listens : f->answers;
}

static int
refusal(const struct request *r)
{
	return r->channel == NULL || r->slot == SLOT_OPEN
		   ? LIBSSH2_ERROR_CHANNEL_FAILURE
		   : LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED;
}

static struct fake *
fake_of(const struct request *r)
{
	return r->channel != NULL && r->slot != SLOT_OPEN
		   ? (struct fake *)r->channel
		   : &fakes[0];
}

/* As libssh2: who calls goes on with what waits in the slot. */
static int
call_fake(struct request *r)
{
	struct fake *f = fake_of(r);
	int rc = now.failure;
	char answer;

	if ((now.lib.pump == NULL) != now.lib.gate_open)
		happen("a wrong gate");
	now.failure = 0;
	if (rc == 0 && now.lib.inject_error) {
		happen_to(r, 'x');
		rc = LIBSSH2_ERROR_SOCKET_RECV;
	}
	if (rc != 0) {
		f->waits[r->slot] = NULL;
		return rc;
	}
	if (f->waits[r->slot] == NULL) {
		if (now.is_exchanging)
			return LIBSSH2_ERROR_EAGAIN;
		happen_to(r, '>');
		now.lib.sent += 10;
		f->waits[r->slot] = r;
		return LIBSSH2_ERROR_EAGAIN;
	}
	if (f->waits[r->slot] != r)
		happen("another's slot");
	answer = shift(answers_of(r, f));
	if (answer == '\0')
		return LIBSSH2_ERROR_EAGAIN;
	f->waits[r->slot] = NULL;
	return answer == '+' ? 0 : refusal(r);
}

static void
done_fake(struct request *r, int rc)
{
	bool is_said = rc == 0 || rc == refusal(r);

	if (rc == LIBSSH2_ERROR_TIMEOUT)
		happen_to(r, 't');
	else if (is_said)
		happen_to(r, rc == 0 ? '+' : '-');
	else
		happen_to(r, '!');
	if (now.session.end != SESSION_ALIVE)
		happen("end");
	if (r->slot != SLOT_OPEN)
		return;
	r->channel->open = rc == 0 ? REPLY_OK : REPLY_REFUSED;
	if (rc == 0 && now.lib.pump == NULL)
		now.lib.pump = r->channel;
}

static struct request *
request_of(enum request_slot slot, struct channel *c, char *name)
{
	struct request *r = queue_request_new(c, slot, call_fake, done_fake);

	r->text[0] = name;
	return r;
}

/* What the queue needs of the rest of the engine. */

struct request *
lib_channel_extra_request(struct channel *c)
{
	struct request *r = request_of(SLOT_ENV, c, xstrdup("X"));

	r->is_extra = true;
	return r;
}

bool
lib_session_survives(struct session *s, int rc)
{
	if (rc == LIBSSH2_ERROR_SOCKET_SEND)
		s->end = SESSION_CORRUPT;
	return s->end == SESSION_ALIVE;
}

void
lib_session_open_gate(struct session *s, size_t budget)
{
	(void)budget;
	s->lib->gate_open = true;
}

void
lib_session_close_gate(struct session *s)
{
	s->lib->gate_open = false;
}

static struct channel *
channel_at(char letter)
{
	return letter >= 'a' && letter <= 'c' ? &fakes[letter - 'a' + 1].channel
					      : NULL;
}

/* Where the words are the same for all: a name for a listener. */
static struct lib_listener *
listener_at(char letter)
{
	return (struct lib_listener *)&fakes[letter - 'l'];
}

static void
ask(char kind, char of)
{
	static const char kinds[] = "OLGXEPS"; /* as the slots */
	struct request *r =
	    request_of((enum request_slot)(strchr(kinds, kind) - kinds),
		       channel_at(of), xasprintf("%c%d", kind, ++now.asked));

	if (r->slot == SLOT_OPEN)
		r->channel->open = REPLY_PENDING;
	if (r->slot == SLOT_LISTEN)
		r->listener = listener_at(of);
	queue_add(&now.session, r);
}

static void
answer_from_server(char answer, char to)
{
	char *answers = fakes[0].answers;

	if (to == 'o')
		answers = now.opens;
	else if (to == 'l')
		answers = now.listens;
	else
		answers = fakes[to - 'a' + 1].answers;
	strcat(answers, (char[]){ answer, '\0' });
}

static void
set_open(struct channel *c)
{
	c->open = REPLY_OK;
	if (now.lib.pump == NULL)
		now.lib.pump = c;
}

static void
abandon(int64_t patience_ms)
{
	struct request *r = queue_blocking_open(&now.session, patience_ms);

	if (r != NULL)
		queue_abandon(&now.session, r);
}

/* Early opens are made by a login, which has the gate open. */
static void
open_early(void (*fn)(struct session *))
{
	now.lib.gate_open = now.lib.pump == NULL;
	fn(&now.session);
	now.lib.gate_open = false;
}

static void
say_whether(char of)
{
	if (of == '\0')
		happen(queue_is_pipelining(&now.session) ? "many" : "one");
	else
		happen(queue_has(&now.session, channel_at(of)) ? "yes" : "no");
}

static void
follow(const char *word)
{
	char of = word[1];

	switch (word[0]) {
	case '.':
		while (queue_take_answer(&now.session))
			;
		break;
	case '=':
		set_open(channel_at(of));
		break;
	case '+':
	case '-':
		answer_from_server(word[0], of);
		break;
	case 'x':
		queue_drop(&now.session, channel_at(of));
		break;
	case 'c':
		channel_at(of)->lib->close_wanted = true;
		break;
	case 'k':
		now.is_exchanging = !now.is_exchanging;
		break;
	case '!':
		now.failure = LIBSSH2_ERROR_INVAL;
		break;
	case 'Z':
		now.failure = LIBSSH2_ERROR_SOCKET_SEND;
		break;
	case 'y':
		now.lib.may_open_early = true;
		break;
	case 'e':
		open_early(queue_open_early);
		break;
	case 'u':
		open_early(queue_cancel_early_open);
		break;
	case 'w':
		abandon(0);
		break;
	case 'W':
		abandon(LONG_MS);
		break;
	case 'f':
		queue_forget(&now.session, listener_at(of));
		break;
	case '?':
		say_whether(of);
		break;
	default:
		ask(word[0], of);
	}
}

static void
begin(void)
{
	memset(fakes, 0, sizeof(fakes));
	memset(&now, 0, sizeof(now));
	now.session.lib = &now.lib;
	for (size_t i = 0; i < sizeof(fakes) / sizeof(fakes[0]); i++) {
		fakes[i].channel.lib = &fakes[i].lib;
		fakes[i].channel.session = &now.session;
	}
}

static void
run(const struct row *row)
{
	char *script = xstrdup(row->script), *save = NULL;
	int left = 0;

	begin();
	for (char *word = strtok_r(script, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save))
		follow(word);
	for (struct request *r = now.lib.requests; r != NULL; r = r->next)
		left++;
	is_str(buf_str(&now.happens), row->happens, "%s", row->name);
	is_int(left, row->left, "%s: what is left", row->name);
	queue_clear(&now.session);
	ok(now.lib.requests == NULL, "%s: cleared", row->name);
	buf_clear(&now.happens);
	free(script);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run(&rows[i]);
	return done_testing();
}
