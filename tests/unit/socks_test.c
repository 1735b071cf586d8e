#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "forward/socks.h"
#include "tap.h"

#define OK5 "0500"                /* go on without logging in */
#define ZEROS5 "0001000000000000" /* the end of an answer in version 5 */
#define ZEROS4 "000000000000"

/* Bytes are in hexadecimal. want is "host port", or why it failed; NULL: it
 * waits for more. rest is what must be left. */
static const struct {
	const char *name, *in, *want, *reply, *rest;
} cases[] = {
	{ "4",
	  "040100500a000001"
	  "00",
	  "10.0.0.1 80", "", "" },
	{ "4 with user",
	  "040100500a000001"
	  "61646100",
	  "10.0.0.1 80", "", "" },
	{ "4 with data",
	  "040100500a000001"
	  "00"
	  "474554",
	  "10.0.0.1 80", "", "474554" },
	{ "4a",
	  "0401005000000001"
	  "61646100"
	  "77656200",
	  "web 80", "", "" },
	{ "4a with data",
	  "0401005000000001"
	  "00"
	  "77656200"
	  "0000",
	  "web 80", "", "0000" },
	{ "4, address zero",
	  "0401005000000000"
	  "00",
	  "0.0.0.0 80", "", "" },
	{ "4, port 65535",
	  "0401ffff0a000001"
	  "00",
	  "10.0.0.1 65535", "", "" },
	{ "4, incomplete", "040100500a00", NULL, "", "" },
	{ "4, user incomplete",
	  "040100500a000001"
	  "616461",
	  NULL, "", "" },
	{ "4a, name incomplete",
	  "0401005000000001"
	  "00"
	  "7765",
	  NULL, "", "" },
	{ "4a, no name",
	  "0401005000000001"
	  "00"
	  "00",
	  "bad host name", "005b" ZEROS4, "" },
	{ "4a, escape in name",
	  "0401005000000001"
	  "00"
	  "1b5b00",
	  "bad host name", "005b" ZEROS4, "" },
	{ "4, BIND",
	  "040200500a000001"
	  "00",
	  "only CONNECT is served", "005b" ZEROS4, "" },
	{ "5, IPv4",
	  "050100"
	  "05010001"
	  "0a000001"
	  "0050",
	  "10.0.0.1 80", OK5, "" },
	{ "5, IPv6",
	  "050100"
	  "05010004"
	  "20010db8000000000000000000000001"
	  "01bb",
	  "2001:db8::1 443", OK5, "" },
	{ "5, name",
	  "050100"
	  "05010003"
	  "03776562"
	  "0050",
	  "web 80", OK5, "" },
	{ "5, data",
	  "050100"
	  "05010003"
	  "03776562"
	  "0050"
	  "0500",
	  "web 80", OK5, "0500" },
	{ "5, many methods",
	  "0503020100"
	  "05010003"
	  "03776562"
	  "0050",
	  "web 80", OK5, "" },
	{ "5, all methods but none", "05020102", "the client wants to log in",
	  "05ff", "" },
	{ "5, no methods", "0500", "the client wants to log in", "05ff", "" },
	{ "5, greeting incomplete", "0502", NULL, "", "" },
	{ "5, greeting only", "050100", NULL, OK5, "" },
	{ "5, name incomplete",
	  "050100"
	  "05010003"
	  "037765",
	  NULL, OK5, "" },
	{ "5, port incomplete",
	  "050100"
	  "05010003"
	  "03776562"
	  "00",
	  NULL, OK5, "" },
	{ "5, no name",
	  "050100"
	  "05010003"
	  "00"
	  "0050",
	  "bad host name", OK5 "0501" ZEROS5, "" },
	{ "5, NUL in name",
	  "050100"
	  "05010003"
	  "03770062"
	  "0050",
	  "bad host name", OK5 "0501" ZEROS5, "" },
	{ "5, blank in name",
	  "050100"
	  "05010003"
	  "03772062"
	  "0050",
	  "bad host name", OK5 "0501" ZEROS5, "" },
	{ "5, BIND",
	  "050100"
	  "05020001"
	  "0a000001"
	  "0050",
	  "only CONNECT is served", OK5 "0507" ZEROS5, "" },
	{ "5, bad address type",
	  "050100"
	  "05010002",
	  "bad address type", OK5 "0508" ZEROS5, "" },
	{ "5, bad version later",
	  "050100"
	  "04010001",
	  "bad version", OK5 "0501" ZEROS5, "" },
	{ "HTTP", "474554202f", "not SOCKS", "", "" },
	{ "nothing", "", NULL, "", "" },
};

#define N_CASES (sizeof(cases) / sizeof(cases[0]))

static void
from_hex(const char *hex, struct buf *out)
{
	unsigned value;

	for (; *hex != '\0'; hex += 2)
		if (sscanf(hex, "%2x", &value) == 1)
			buf_add_byte(out, (unsigned char)value);
}

static char *
to_hex(const unsigned char *data, size_t len)
{
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < len; i++)
		buf_addf(&out, "%02x", data[i]);
	return buf_take_str(&out);
}

/* Feed pieces; returns how many bytes were taken. */
static size_t
feed(struct socks *s, const struct buf *in, size_t piece, struct buf *reply,
     enum step *ret_step)
{
	size_t done = 0;

	*ret_step = STEP_AGAIN;
	while (done < in->len && *ret_step == STEP_AGAIN) {
		size_t n = in->len - done < piece ? in->len - done : piece;
		size_t used = 0;

		*ret_step = socks_feed(s, in->data + done, n, &used, reply);
		done += used;
	}
	return done;
}

static char *
result_text(const struct socks *s, enum step step)
{
	switch (step) {
	case STEP_DONE:
		return xasprintf("%s %d", s->host, s->port);
	case STEP_AGAIN:
		return NULL;
	case STEP_FAIL:
		return xstrdup(s->trouble);
	}
	return NULL;
}

static void
run_case(size_t i, size_t piece)
{
	struct buf in = BUF_INIT, reply = BUF_INIT;
	char *result, *text;
	enum step step;
	struct socks s;
	size_t used;

	from_hex(cases[i].in, &in);
	socks_init(&s);
	used = feed(&s, &in, piece, &reply, &step);
	result = result_text(&s, step);
	is_str(result, cases[i].want, "%s, pieces of %zu", cases[i].name,
	       piece);
	free(result);
	text = to_hex(reply.data, reply.len);
	is_str(text, cases[i].reply, "%s: answers", cases[i].name);
	free(text);
	if (step == STEP_DONE) {
		text = to_hex(in.data + used, in.len - used);
		is_str(text, cases[i].rest, "%s: data", cases[i].name);
		free(text);
	}
	socks_clear(&s);
	buf_clear(&in);
	buf_clear(&reply);
}

/* A message of version 4 with names of this length. */
static enum step
feed_long(size_t user, size_t host, size_t *ret_used)
{
	struct buf in = BUF_INIT, reply = BUF_INIT;
	enum step step;
	struct socks s;

	from_hex("0401005000000001", &in);
	while (user-- > 0)
		buf_add_byte(&in, 'u');
	buf_add_byte(&in, '\0');
	while (host-- > 0)
		buf_add_byte(&in, 'h');
	buf_add_byte(&in, '\0');
	socks_init(&s);
	*ret_used = feed(&s, &in, 100000, &reply, &step);
	socks_clear(&s);
	buf_clear(&in);
	buf_clear(&reply);
	return step;
}

static void
test_bounds(void)
{
	size_t used;

	is_int(feed_long(1024, 255, &used), STEP_DONE, "longest names");
	is_int((long long)used, 8 + 1024 + 1 + 255 + 1, "all of it taken");
	is_int(feed_long(1025, 255, &used), STEP_FAIL, "user too long");
	is_int(feed_long(1024, 256, &used), STEP_FAIL, "host too long");
	is_int(feed_long(90000, 0, &used), STEP_FAIL, "much too long");
}

static void
check_reply(int version, enum socks_outcome outcome, const char *want)
{
	struct socks s = { .version = version };
	struct buf reply = BUF_INIT;
	char *text;

	socks_reply(&s, outcome, &reply);
	text = to_hex(reply.data, reply.len);
	is_str(text, want, "reply %d in version %d", (int)outcome, version);
	free(text);
	buf_clear(&reply);
}

static void
test_replies(void)
{
	check_reply(4, SOCKS_CONNECTED, "005a" ZEROS4);
	check_reply(4, SOCKS_FAILED, "005b" ZEROS4);
	check_reply(4, SOCKS_REFUSED, "005b" ZEROS4);
	check_reply(5, SOCKS_CONNECTED, "0500" ZEROS5);
	check_reply(5, SOCKS_FAILED, "0501" ZEROS5);
	check_reply(5, SOCKS_NOT_ALLOWED, "0502" ZEROS5);
	check_reply(5, SOCKS_NET_UNREACHABLE, "0503" ZEROS5);
	check_reply(5, SOCKS_HOST_UNREACHABLE, "0504" ZEROS5);
	check_reply(5, SOCKS_REFUSED, "0505" ZEROS5);
	check_reply(5, SOCKS_TIMED_OUT, "0506" ZEROS5);
	check_reply(0, SOCKS_FAILED, "");
	is_int(socks_outcome_of_errno(0), SOCKS_CONNECTED, "errno 0");
	is_int(socks_outcome_of_errno(ECONNREFUSED), SOCKS_REFUSED, "refused");
	is_int(socks_outcome_of_errno(ETIMEDOUT), SOCKS_TIMED_OUT, "timed out");
	is_int(socks_outcome_of_errno(EIO), SOCKS_FAILED, "another errno");
}

int
main(void)
{
	for (size_t i = 0; i < N_CASES; i++)
		for (size_t piece = 1; piece <= 1000; piece *= 10)
			run_case(i, piece);
	test_bounds();
	test_replies();
	return done_testing();
}
