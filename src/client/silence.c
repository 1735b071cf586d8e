#include "client/silence.h"

/* Whoever needs longer for an answer than this, and than some round trips, is
 * missed. */
#define DOUBT_LEAST_MS 2000
#define DOUBT_ROUND_TRIPS 4

static int64_t
later(int64_t one, int64_t other)
{
	return one > other ? one : other;
}

static void
hear(struct silence *s, const struct silence_view *v)
{
	s->heard_ms = v->heard_ms;
	s->silent = 0;
	s->is_doubtful = false;
	s->probed_ms = -1;
	s->due_ms = -1;
	s->count_ms = v->heard_ms + s->interval_ms;
}

void
silence_begin(struct silence *s, const struct silence_view *v)
{
	s->data_end = s->probe_end = 0;
	s->is_over = false;
	hear(s, v);
}

/* Is data on its way, and since when without a sign? -1: none is. */
static int64_t
waits_since(const struct silence *s, const struct silence_view *v)
{
	bool are_probes = s->probe_end > 0 && v->written == s->probe_end;
	uint64_t end = are_probes ? s->data_end : v->written;

	if (s->patience_ms == 0 || v->acknowledged >= end)
		return -1;
	return later(later(v->sent_ms, v->sign_ms), v->heard_ms);
}

static int64_t
doubt_at(const struct silence *s, const struct silence_view *v)
{
	return s->probed_ms +
	       later(DOUBT_LEAST_MS, v->rtt_ms * DOUBT_ROUND_TRIPS);
}

static void
count(struct silence *s, const struct silence_view *v, bool *ret_wants_probe)
{
	if (v->now_ms < s->count_ms)
		return;
	s->silent++;
	s->count_ms = v->now_ms + s->interval_ms;
	if (s->silent > s->count_max)
		s->is_over = true;
	else
		*ret_wants_probe = true;
}

/* The first of what may happen. */
static int64_t
next_look(const struct silence *s, const struct silence_view *v)
{
	int64_t since_ms = waits_since(s, v), next_ms = s->count_ms;

	if (s->is_over)
		return -1;
	if (since_ms >= 0 && since_ms + s->patience_ms < next_ms)
		next_ms = since_ms + s->patience_ms;
	if (s->due_ms >= 0 && s->due_ms < next_ms)
		next_ms = s->due_ms;
	if (s->probed_ms >= 0 && !s->is_doubtful && doubt_at(s, v) < next_ms)
		next_ms = doubt_at(s, v);
	return later(next_ms - v->now_ms, 0);
}

int64_t
silence_look(struct silence *s, const struct silence_view *v,
	     bool *ret_wants_probe)
{
	int64_t since_ms;

	if (s->interval_ms <= 0)
		return -1;
	if (v->heard_ms != s->heard_ms)
		hear(s, v);
	/* we were kept from looking */
	if (v->has_input)
		return s->interval_ms;
	since_ms = waits_since(s, v);
	if (since_ms >= 0 && v->now_ms - since_ms >= s->patience_ms)
		s->is_over = true;
	if (s->due_ms >= 0 && v->now_ms >= s->due_ms)
		s->is_over = true;
	if (s->probed_ms >= 0 && v->now_ms >= doubt_at(s, v))
		s->is_doubtful = true;
	if (!s->is_over)
		count(s, v, ret_wants_probe);
	return next_look(s, v);
}

void
silence_probe(struct silence *s, const struct silence_view *v, int64_t limit_ms)
{
	if (v->heard_ms != s->heard_ms)
		hear(s, v);
	if (s->probe_end == 0 || v->written != s->probe_end)
		s->data_end = v->written;
	if (s->probed_ms < 0)
		s->probed_ms = v->now_ms;
	if (limit_ms >= 0 && s->due_ms < 0)
		s->due_ms = v->now_ms + limit_ms;
}
