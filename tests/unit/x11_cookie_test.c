#include "forward/x11_cookie.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "tap.h"

#define PROTOCOL "MIT-MAGIC-COOKIE-1"
#define REAL "00112233445566778899aabbccddeeff"
#define PROTOCOL_LEN 18
#define COOKIE_LEN 16
#define HEADER_LEN 12
#define COOKIE_AT (HEADER_LEN + PROTOCOL_LEN + 2)

/* The first message of a client, in one of the byte orders. */
static void
put_message(struct buf *b, char order, const char *protocol,
	    const unsigned char *cookie, size_t cookie_len)
{
	unsigned char header[HEADER_LEN] = { (unsigned char)order };
	size_t protocol_len = strlen(protocol);
	size_t high = order == 'B' ? 0 : 1;

	header[order == 'B' ? 3 : 2] = 11; /* the protocol's version */
	header[6 + high] = (unsigned char)(protocol_len >> 8);
	header[7 - high] = (unsigned char)protocol_len;
	header[8 + high] = (unsigned char)(cookie_len >> 8);
	header[9 - high] = (unsigned char)cookie_len;
	buf_add(b, header, sizeof(header));
	buf_add(b, protocol, protocol_len);
	buf_add(b, "\0\0\0", (4 - protocol_len % 4) % 4);
	buf_add(b, cookie, cookie_len);
	buf_add(b, "\0\0\0", (4 - cookie_len % 4) % 4);
}

static void
check_replacing(const struct x11_cookie *c, char order)
{
	struct buf b = BUF_INIT, whole = BUF_INIT;
	const char *why = "";
	bool waited = true;

	put_message(&whole, order, PROTOCOL, c->fake, c->len);
	is_int((long long)whole.len, (long long)x11_cookie_message_len(c),
	       "%c: length of the message", order);
	for (size_t i = 0; i < whole.len; i++) {
		waited =
		    waited && x11_cookie_replace(c, &b, &why) == STEP_AGAIN;
		buf_add_byte(&b, whole.data[i]);
	}
	ok(waited, "%c: waits for the last byte", order);
	buf_add_str(&b, "more");
	ok(x11_cookie_replace(c, &b, &why) == STEP_DONE, "%c: accepted", order);
	ok(memcmp(b.data + COOKIE_AT, c->real, c->len) == 0,
	   "%c: the real cookie is in it", order);
	memcpy(b.data + COOKIE_AT, c->fake, c->len);
	ok(b.len == whole.len + 4 &&
	       memcmp(b.data, whole.data, whole.len) == 0 &&
	       memcmp(b.data + whole.len, "more", 4) == 0,
	   "%c: nothing else was changed", order);
	buf_clear(&b);
	buf_clear(&whole);
}

static void
check_refusal(const struct x11_cookie *c, struct buf *b, const char *want,
	      const char *name)
{
	const char *why = "";
	enum step step = x11_cookie_replace(c, b, &why);

	ok(step == STEP_FAIL, "refused: %s", name);
	is_str(why, want, "why: %s", name);
	buf_clear(b);
}

static void
check_refusals(const struct x11_cookie *c)
{
	const char *protocol = "different authentication protocol";
	const char *cookie = "auth data does not match fake data";
	struct buf b = BUF_INIT;

	buf_add(&b, "xxxxxxxxxxxx", 12);
	check_refusal(c, &b, "bad byte order", "byte order");
	put_message(&b, 'l', "XDM-AUTHORIZATION-1", c->fake, c->len);
	check_refusal(c, &b, protocol, "another protocol");
	put_message(&b, 'B', "MIT-MAGIC-COOKIE-2", c->fake, c->len);
	check_refusal(c, &b, protocol, "another of the same length");
	put_message(&b, 'B', "", c->fake, 0);
	check_refusal(c, &b, protocol, "no authentication");
	put_message(&b, 'l', PROTOCOL, c->real, c->len);
	check_refusal(c, &b, cookie, "the real cookie");
	put_message(&b, 'l', PROTOCOL, c->fake, c->len - 1);
	check_refusal(c, &b, cookie, "a shorter cookie");
	put_message(&b, 'l', PROTOCOL, c->fake, 0);
	check_refusal(c, &b, cookie, "no cookie");
	put_message(&b, 'B', PROTOCOL, c->fake, c->len);
	b.data[COOKIE_AT + c->len - 1] ^= 1;
	check_refusal(c, &b, cookie, "the last bit differs");
	buf_add(&b, "l\0\13\0\0\0\377\377\377\377\0\0", 12);
	check_refusal(c, &b, protocol, "lengths that nobody waits for");
}

static void
check_text(void)
{
	static const struct {
		const char *protocol, *real;
		int want;
	} cases[] = {
		{ PROTOCOL, REAL, 0 },    { PROTOCOL, "00FF", 0 },
		{ PROTOCOL, "", -1 },     { PROTOCOL, "0", -1 },
		{ PROTOCOL, "001", -1 },  { PROTOCOL, "00gg", -1 },
		{ PROTOCOL, "0 11", -1 }, { "", REAL, -1 },
	};
	struct x11_cookie c;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		is_int(x11_cookie_init(&c, cases[i].protocol, cases[i].real),
		       cases[i].want, "cookie \"%s\" \"%s\"", cases[i].protocol,
		       cases[i].real);
		x11_cookie_clear(&c);
	}
}

int
main(void)
{
	struct x11_cookie c, d;
	char *fake;

	check_text();
	if (!ok(x11_cookie_init(&c, PROTOCOL, REAL) == 0 &&
		    x11_cookie_init(&d, PROTOCOL, REAL) == 0,
		"cookies are made"))
		return done_testing();
	ok(c.len == COOKIE_LEN && c.real[1] == 0x11 && c.real[15] == 0xff,
	   "hexadecimal is read");
	ok(memcmp(c.fake, c.real, c.len) != 0 &&
	       memcmp(c.fake, d.fake, c.len) != 0,
	   "the fake cookie is another one each time");
	fake = x11_cookie_fake(&c);
	x11_cookie_clear(&d);
	ok(x11_cookie_init(&d, PROTOCOL, fake) == 0 &&
	       memcmp(d.real, c.fake, c.len) == 0,
	   "hexadecimal is written");
	free(fake);
	check_replacing(&c, 'B');
	check_replacing(&c, 'l');
	check_refusals(&c);
	x11_cookie_clear(&c);
	x11_cookie_clear(&d);
	return done_testing();
}
