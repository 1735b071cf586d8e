/* What silence means: played on a clock of the test's own. */
#include "client/silence.h"

#include "tap.h"

#define PLAY_MAX 12
#define PROBE_BYTES 64
#define NEVER (-1)

/* What happens at a time, in seconds after the beginning. */
enum act {
	END,
	HEAR,    /* bytes come */
	SEND,    /* data is given to the kernel, which has no sign of it yet */
	ACK,     /* the other side has all of it */
	SIGN,    /* it has none of it, but says that it is there */
	READ,    /* from now on there is input that nobody took in */
	EXAMINE, /* within 5 seconds */
	DOUBT,   /* is expected from here on */
	TRUST,   /* is expected again */
	OVER,    /* at this time, and not before */
	ALIVE,   /* still */
};

struct play {
	const char *name;
	int interval, count, patience; /* seconds */
	int rtt_ms;
	struct {
		int at;
		enum act act;
	} acts[PLAY_MAX];
	int probes; /* how many are sent */
};

static const struct play plays[] = {
	{ "idle and dead: as ssh, after 40 seconds",
	  10,
	  3,
	  15,
	  0,
	  { { 40, OVER } },
	  3 },
	{ "the same without Reconnect", 10, 3, 0, 0, { { 40, OVER } }, 3 },
	{ "idle and answering",
	  10,
	  3,
	  15,
	  0,
	  { { 10, ACK },
	    { 10, HEAR },
	    { 20, ACK },
	    { 20, HEAR },
	    { 30, ACK },
	    { 30, HEAR },
	    { 39, ALIVE } },
	  3 },
	{ "never looked at", 0, 3, 15, 0, { { 1, SEND }, { 300, ALIVE } }, 0 },
	{ "data that nobody acknowledges",
	  10,
	  3,
	  15,
	  0,
	  { { 3, SEND }, { 18, OVER } },
	  1 },
	{ "the same without Reconnect: as ssh",
	  10,
	  3,
	  0,
	  0,
	  { { 3, SEND }, { 40, OVER } },
	  3 },
	{ "data that was acknowledged, and then silence",
	  10,
	  3,
	  15,
	  0,
	  { { 3, SEND }, { 4, ACK }, { 40, OVER } },
	  3 },
	{ "a slow server: nothing taken in, but its kernel is there",
	  10,
	  9,
	  15,
	  0,
	  { { 3, SEND },
	    { 12, SIGN },
	    { 24, SIGN },
	    { 36, SIGN },
	    { 50, ALIVE },
	    { 51, OVER } },
	  5 },
	{ "one that says something is not dead either",
	  10,
	  3,
	  15,
	  0,
	  { { 3, SEND },
	    { 12, HEAR },
	    { 24, HEAR },
	    { 38, ALIVE },
	    { 39, OVER } },
	  3 },
	{ "data during silence",
	  10,
	  9,
	  15,
	  0,
	  { { 10, ACK }, { 22, SEND }, { 36, ALIVE }, { 37, OVER } },
	  3 },
	{ "probes alone are no data", 20, 1, 15, 0, { { 40, OVER } }, 1 },
	{ "doubt, two seconds after a probe",
	  10,
	  3,
	  15,
	  100,
	  { { 11, TRUST }, { 12, DOUBT }, { 25, HEAR }, { 31, TRUST } },
	  2 },
	{ "later, where a round trip takes long",
	  10,
	  3,
	  15,
	  1000,
	  { { 13, TRUST }, { 14, DOUBT } },
	  1 },
	{ "examined: no answer",
	  10,
	  3,
	  15,
	  0,
	  { { 4, EXAMINE }, { 9, OVER } },
	  1 },
	{ "examined twice: the first time counts",
	  10,
	  3,
	  15,
	  0,
	  { { 4, EXAMINE }, { 7, EXAMINE }, { 9, OVER } },
	  2 },
	{ "examined: an answer",
	  10,
	  3,
	  15,
	  0,
	  { { 4, EXAMINE }, { 5, ACK }, { 5, HEAR }, { 14, ALIVE } },
	  1 },
	{ "kept from reading",
	  10,
	  3,
	  15,
	  0,
	  { { 3, SEND }, { 4, READ }, { 300, ALIVE } },
	  0 },
};

#define N_PLAYS (sizeof(plays) / sizeof(plays[0]))

/* One connection, as it is. */
struct stage {
	struct silence s;
	struct silence_view v;
	int64_t look_ms; /* when it wants to look again */
	int probes;
};

static void
send_probe(struct stage *g, int64_t limit_ms)
{
	silence_probe(&g->s, &g->v, limit_ms);
	g->v.written += PROBE_BYTES;
	g->s.probe_end = g->v.written;
	g->probes++;
	g->look_ms = g->v.now_ms;
}

static void
look(struct stage *g)
{
	bool wants_probe = false;
	int64_t wait_ms = silence_look(&g->s, &g->v, &wants_probe);

	g->look_ms = wait_ms >= 0 ? g->v.now_ms + wait_ms : NEVER;
	if (wants_probe)
		send_probe(g, -1);
}

/* All looks up to a time. */
static void
pass(struct stage *g, int64_t until_ms)
{
	while (g->look_ms >= 0 && g->look_ms <= until_ms && !g->s.is_over) {
		if (g->look_ms > g->v.now_ms)
			g->v.now_ms = g->look_ms;
		look(g);
	}
	g->v.now_ms = until_ms;
}

static bool
act(struct stage *g, enum act what)
{
	switch (what) {
	case HEAR:
		g->v.heard_ms = g->v.now_ms;
		break;
	case SEND:
		g->v.written += 1000;
		g->v.sent_ms = g->v.now_ms;
		break;
	case ACK:
		g->v.acknowledged = g->v.written;
		g->v.sign_ms = g->v.now_ms;
		break;
	case SIGN:
		g->v.sign_ms = g->v.now_ms;
		break;
	case READ:
		g->v.has_input = true;
		break;
	case EXAMINE:
		send_probe(g, 5000);
		break;
	case DOUBT:
		return g->s.is_doubtful;
	case TRUST:
		return !g->s.is_doubtful;
	case OVER:
		return g->s.is_over;
	case ALIVE:
	case END:
		return !g->s.is_over;
	}
	return true;
}

static void
perform(const struct play *p)
{
	struct stage g = {
		.s = { .interval_ms = p->interval * 1000,
		       .count_max = p->count,
		       .patience_ms = p->patience * 1000 },
		.v = { .written = 5000,
		       .acknowledged = 5000,
		       .rtt_ms = p->rtt_ms },
	};
	bool is_right = true;

	silence_begin(&g.s, &g.v);
	for (size_t i = 0; p->acts[i].act != END; i++) {
		int64_t at_ms = (int64_t)p->acts[i].at * 1000;

		pass(&g, at_ms - 1);
		is_right = is_right && !g.s.is_over;
		pass(&g, at_ms);
		is_right = is_right && act(&g, p->acts[i].act);
	}
	ok(is_right, "%s", p->name);
	ok(g.probes == p->probes, "%s: probes %d of %d", p->name, g.probes,
	   p->probes);
}

int
main(void)
{
	for (size_t i = 0; i < N_PLAYS; i++)
		perform(&plays[i]);
	return done_testing();
}
