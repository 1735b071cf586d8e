#include "forward/socks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/wire.h"
#include "base/xalloc.h"

#define MAX_NAME 255
#define MAX_USER 1024
#define MAX_HELD (8 + MAX_USER + 1 + MAX_NAME + 1)

enum { COMMAND_CONNECT = 1 };
enum { ADDRESS_IPV4 = 1, ADDRESS_NAME = 3, ADDRESS_IPV6 = 4 };
enum { METHOD_NONE = 0, METHOD_NOT_ACCEPTABLE = 0xff };

void
socks_init(struct socks *s)
{
	memset(s, 0, sizeof(*s));
	buf_init(&s->held);
}

void
socks_clear(struct socks *s)
{
	free(s->host);
	buf_clear(&s->held);
	socks_init(s);
}

static enum step
fail(struct socks *s, const char *trouble)
{
	s->trouble = trouble;
	return STEP_FAIL;
}

/* The same, after the request has been understood well enough to answer. */
static enum step
refuse(struct socks *s, enum socks_outcome outcome, const char *trouble,
       struct buf *reply)
{
	socks_reply(s, outcome, reply);
	return fail(s, trouble);
}

/* Control bytes and blanks have no place in a host name. */
static bool
is_name(const unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] <= ' ' || p[i] == 0x7f)
			return false;
	return len > 0 && len <= MAX_NAME;
}

static void
set_address(struct socks *s, int family, const unsigned char *p)
{
	char text[INET6_ADDRSTRLEN];

	if (inet_ntop(family, p, text, sizeof(text)) != NULL)
		s->host = xstrdup(text);
}

/* Text that ends with a NUL byte. */
static enum step
get_text(struct wire *w, size_t max, const unsigned char **ret_text,
	 size_t *ret_len)
{
	const unsigned char *end = memchr(w->data, '\0', w->len);
	size_t len = end != NULL ? (size_t)(end - w->data) : w->len;

	if (len > max)
		return STEP_FAIL;
	if (end == NULL)
		return STEP_AGAIN;
	*ret_text = w->data;
	*ret_len = len;
	w->data += len + 1;
	w->len -= len + 1;
	return STEP_DONE;
}

/* What follows the version: command, port, address, user, and in 4a a name in
 * place of an address 0.0.0.x. */
static enum step
parse_version4(struct socks *s, struct wire *w, struct buf *reply)
{
	const unsigned char *p, *text = NULL;
	size_t len = 0;
	enum step step;

	if (wire_get_bytes(w, 7, &p) != 0)
		return STEP_AGAIN;
	step = get_text(w, MAX_USER, &text, &len);
	if (step == STEP_FAIL)
		return refuse(s, SOCKS_FAILED, "user too long", reply);
	if (step == STEP_AGAIN)
		return STEP_AGAIN;
	s->port = p[1] << 8 | p[2];
	if (p[3] != 0 || p[4] != 0 || p[5] != 0 || p[6] == 0) {
		set_address(s, AF_INET, p + 3);
	} else {
		step = get_text(w, MAX_NAME, &text, &len);
		if (step == STEP_AGAIN)
			return STEP_AGAIN;
		if (step == STEP_FAIL || !is_name(text, len))
			return refuse(s, SOCKS_FAILED, "bad host name", reply);
		s->host = xstrndup((const char *)text, len);
	}
	if (p[0] != COMMAND_CONNECT)
		return refuse(s, SOCKS_FAILED, "only CONNECT is served", reply);
	return STEP_DONE;
}

/* The first message of version 5: ways to log in that the client knows. */
static enum step
parse_methods(struct socks *s, struct wire *w, struct buf *reply)
{
	const unsigned char *methods;
	uint8_t n;

	if (wire_get_byte(w, &n) != 0 || wire_get_bytes(w, n, &methods) != 0)
		return STEP_AGAIN;
	buf_add_byte(reply, 5);
	if (memchr(methods, METHOD_NONE, n) == NULL) {
		buf_add_byte(reply, METHOD_NOT_ACCEPTABLE);
		return fail(s, "the client wants to log in");
	}
	buf_add_byte(reply, METHOD_NONE);
	return STEP_DONE;
}

static enum step
parse_address(struct socks *s, struct wire *w, uint8_t type, struct buf *reply)
{
	const unsigned char *p;
	uint8_t len;

	switch (type) {
	case ADDRESS_IPV4:
		if (wire_get_bytes(w, 4, &p) != 0)
			return STEP_AGAIN;
		set_address(s, AF_INET, p);
		return STEP_DONE;
	case ADDRESS_IPV6:
		if (wire_get_bytes(w, 16, &p) != 0)
			return STEP_AGAIN;
		set_address(s, AF_INET6, p);
		return STEP_DONE;
	case ADDRESS_NAME:
		if (wire_get_byte(w, &len) != 0 ||
		    wire_get_bytes(w, len, &p) != 0)
			return STEP_AGAIN;
		if (!is_name(p, len))
			return refuse(s, SOCKS_FAILED, "bad host name", reply);
		s->host = xstrndup((const char *)p, len);
		return STEP_DONE;
	default:
		return refuse(s, SOCKS_BAD_ADDRESS, "bad address type", reply);
	}
}

/* The second message of version 5: version, command, a zero byte, address,
 * port. */
static enum step
parse_request(struct socks *s, struct wire *w, struct buf *reply)
{
	const unsigned char *p, *port;
	enum step step;

	if (wire_get_bytes(w, 4, &p) != 0)
		return STEP_AGAIN;
	if (p[0] != 5)
		return refuse(s, SOCKS_FAILED, "bad version", reply);
	if (p[1] != COMMAND_CONNECT)
		return refuse(s, SOCKS_BAD_COMMAND, "only CONNECT is served",
			      reply);
	step = parse_address(s, w, p[3], reply);
	if (step != STEP_DONE)
		return step;
	if (wire_get_bytes(w, 2, &port) != 0)
		return STEP_AGAIN;
	s->port = port[0] << 8 | port[1];
	return STEP_DONE;
}

/* Version 4 has one message, version 5 two. */
static enum step
parse_first(struct socks *s, struct wire *w, struct buf *reply)
{
	uint8_t version;

	if (wire_get_byte(w, &version) != 0)
		return STEP_AGAIN;
	s->version = version;
	if (version == 4)
		return parse_version4(s, w, reply);
	if (version == 5)
		return parse_methods(s, w, reply);
	return fail(s, "not SOCKS");
}

/* Understand the next message, once all of it is there. */
static enum step
parse(struct socks *s, struct buf *reply)
{
	struct wire w;
	enum step step;

	/* What was found in an incomplete message. */
	free(s->host);
	s->host = NULL;
	wire_init(&w, s->held.data + s->parsed, s->held.len - s->parsed);
	step = s->parsed == 0 ? parse_first(s, &w, reply)
			      : parse_request(s, &w, reply);
	if (step == STEP_DONE)
		s->parsed = s->held.len - w.len;
	return step;
}

enum step
socks_feed(struct socks *s, const void *data, size_t len, size_t *ret_used,
	   struct buf *reply)
{
	size_t before = s->held.len, room = MAX_HELD - before;
	bool is_first = s->parsed == 0;
	enum step step;

	*ret_used = len;
	if (len == 0)
		return STEP_AGAIN;
	/* No message is so long that one which fills the room is incomplete. */
	buf_add(&s->held, data, len < room ? len : room);
	step = parse(s, reply);
	if (step == STEP_DONE && is_first && s->version == 5)
		step = parse(s, reply);
	if (step == STEP_DONE)
		*ret_used = s->parsed - before;
	return step;
}

/* The codes of version 5, RFC 1928 section 6. Version 4 knows two: granted,
 * and not. */
static unsigned char
reply_code(enum socks_outcome outcome)
{
	switch (outcome) {
	case SOCKS_CONNECTED:
		return 0;
	case SOCKS_FAILED:
		return 1;
	case SOCKS_NOT_ALLOWED:
		return 2;
	case SOCKS_NET_UNREACHABLE:
		return 3;
	case SOCKS_HOST_UNREACHABLE:
		return 4;
	case SOCKS_REFUSED:
		return 5;
	case SOCKS_TIMED_OUT:
		return 6;
	case SOCKS_BAD_COMMAND:
		return 7;
	case SOCKS_BAD_ADDRESS:
		return 8;
	}
	return 1;
}

void
socks_reply(const struct socks *s, enum socks_outcome outcome,
	    struct buf *reply)
{
	/* The address that we connect from is the server's secret: zeros. */
	unsigned char four[8] = { 0, outcome == SOCKS_CONNECTED ? 90 : 91 };
	unsigned char five[10] = { 5, reply_code(outcome), 0, ADDRESS_IPV4 };

	if (s->version == 4)
		buf_add(reply, four, sizeof(four));
	else if (s->version == 5)
		buf_add(reply, five, sizeof(five));
}

enum socks_outcome
socks_outcome_of_errno(int error)
{
	switch (error) {
	case 0:
		return SOCKS_CONNECTED;
	case EACCES:
	case EPERM:
		return SOCKS_NOT_ALLOWED;
	case ENETUNREACH:
	case ENETDOWN:
		return SOCKS_NET_UNREACHABLE;
	case EHOSTUNREACH:
		return SOCKS_HOST_UNREACHABLE;
	case ECONNREFUSED:
		return SOCKS_REFUSED;
	case ETIMEDOUT:
		return SOCKS_TIMED_OUT;
	default:
		return SOCKS_FAILED;
	}
}
