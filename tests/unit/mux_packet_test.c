/* The messages between a master of a shared connection and its clients. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "mux/packet.h"
#include "tap.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* What a packet should be, as fields: u number, s string. */
struct want {
	uint32_t type;
	const char *fields;
	uint32_t numbers[8];
	const char *texts[6];
};

/* clang-format off */
static const struct want wants[] = {
	{ MUX_HELLO, "u", { 4 }, { 0 } },
	{ MUX_HELLO, "uss", { 4 }, { "info", "0" } },
	{ MUX_C_NEW_SESSION, "usuuuuuss", { 7, 1, 0, 1, 0, '~' },
	  { "", "xterm", "echo hi" } },
	{ MUX_C_NEW_SESSION, "usuuuuussss", { 1, 0, 1, 0, 1, MUX_NO_ESCAPE },
	  { "", "", "sftp", "A=1", "B=" } },
	{ MUX_C_ALIVE_CHECK, "u", { 1 }, { 0 } },
	{ MUX_C_TERMINATE, "u", { 2 }, { 0 } },
	{ MUX_C_OPEN_FORWARD, "uusUsU", { 3, MUX_FORWARD_LOCAL, 8080, 80 },
	  { "", "web" } },
	{ MUX_C_CLOSE_FORWARD, "uusUsU",
	  { 3, MUX_FORWARD_REMOTE, MUX_PORT_OF_PATH, MUX_PORT_OF_PATH },
	  { "/a/b", "/c" } },
	{ MUX_C_OPEN_FORWARD, "uusUsU", { 9, 77, 1, 2 }, { "x", "y" } },
	{ MUX_C_NEW_STDIO_FORWARD, "ussU", { 4, 22 }, { "", "inner" } },
	{ MUX_C_STOP_LISTENING, "u", { 5 }, { 0 } },
	{ MUX_C_PROXY, "u", { 6 }, { 0 } },
	{ MUX_C_INFO, "us", { 6 }, { "connection" } },
	{ MUX_S_OK, "u", { 0xffffffff }, { 0 } },
	{ MUX_S_PERMISSION_DENIED, "us", { 1 }, { "Permission denied" } },
	{ MUX_S_FAILURE, "us", { 1 }, { "" } },
	{ MUX_S_EXIT_MESSAGE, "uu", { 3, 255 }, { 0 } },
	{ MUX_S_ALIVE, "uu", { 1, 4711 }, { 0 } },
	{ MUX_S_SESSION_OPENED, "uu", { 1, 3 }, { 0 } },
	{ MUX_S_REMOTE_PORT, "uu", { 1, 40000 }, { 0 } },
	{ MUX_S_TTY_ALLOC_FAIL, "u", { 3 }, { 0 } },
	{ MUX_S_PROXY, "u", { 1 }, { 0 } },
	{ MUX_S_INFO, "us", { 1 }, { "two\nlines" } },
};
/* clang-format on */

static void
make(struct buf *out, const struct want *w)
{
	struct buf body = BUF_INIT;
	size_t n = 0, t = 0;

	wire_put_u32(&body, w->type);
	for (const char *f = w->fields; *f != '\0'; f++) {
		if (*f == 's')
			wire_put_cstring(&body, w->texts[t++]);
		else
			wire_put_u32(&body, w->numbers[n++]);
	}
	wire_put_string(out, body.data, body.len);
	buf_clear(&body);
}

/* Parse from a copy of exactly that size, so that ASan sees a read past it. */
static int
parse(const void *data, size_t len, struct mux_packet *p, struct err *e)
{
	void *exact = xmemdup(data, len);
	int rc = mux_packet_parse(exact, len, p, e);

	free(exact);
	return rc;
}

/* Each layout, against what the protocol's description says. */
static void
test_layouts(void)
{
	for (size_t i = 0; i < N(wants); i++) {
		struct buf want = BUF_INIT, got = BUF_INIT;
		struct err e = { .kind = ERR_NONE };
		struct mux_packet p = { 0 };

		make(&want, &wants[i]);
		ok(mux_packet_missing(want.data, want.len, &e) == 0 &&
		       parse(want.data, want.len, &p, &e) == 0,
		   "0x%08x: parsed", wants[i].type);
		ok(p.type == wants[i].type && p.is_known, "0x%08x: known",
		   wants[i].type);
		mux_packet_put(&got, &p);
		ok(got.len == want.len &&
		       memcmp(got.data, want.data, got.len) == 0,
		   "0x%08x: the same when put", wants[i].type);
		mux_packet_clear(&p);
		buf_clear(&got);
		buf_clear(&want);
	}
}

static void
test_fields(void)
{
	struct buf b = BUF_INIT;
	struct err e = { .kind = ERR_NONE };
	struct mux_packet p = { 0 };

	make(&b, &wants[3]);
	ok(parse(b.data, b.len, &p, &e) == 0, "a session");
	is_int(p.id, 1, "request");
	ok(!p.session.wants_tty && p.session.wants_x11 &&
	       !p.session.wants_agent && p.session.is_subsystem,
	   "flags");
	is_int(p.session.escape, MUX_NO_ESCAPE, "escape");
	is_str(p.session.term, "", "terminal");
	is_str(p.session.command, "sftp", "command");
	is_int((long long)p.session.environment.len, 2, "variables");
	is_str(p.session.environment.items[1], "B=", "the second");
	mux_packet_clear(&p);
	buf_reset(&b);
	make(&b, &wants[1]);
	ok(parse(b.data, b.len, &p, &e) == 0 &&
	       mux_packet_has_extension(&p, MUX_EXTENSION_INFO) &&
	       !mux_packet_has_extension(&p, "inf"),
	   "extensions");
	mux_packet_clear(&p);
	buf_clear(&b);
}

/* Cut anywhere, it is an error; only lists may be shorter. */
static void
test_cut(void)
{
	for (size_t i = 0; i < N(wants); i++) {
		struct buf b = BUF_INIT;
		bool is_fine = true;
		/* the lists of these begin behind the last */
		size_t least = wants[i].type == MUX_HELLO ? 8 : 0;
		size_t next = 0; /* with one of the list */

		make(&b, &wants[i]);
		if (strlen(wants[i].fields) == 11) {
			least = b.len - 4 - (4 + 3) - (4 + 2);
			next = least + 4 + 3;
		}
		for (size_t len = 0; len < b.len - 4; len++) {
			struct buf cut = BUF_INIT;
			struct err e = { .kind = ERR_NONE };
			struct mux_packet p = { 0 };
			bool is_whole =
			    len > 0 && (len == least || len == next);

			wire_put_string(&cut, b.data + 4, len);
			if ((parse(cut.data, cut.len, &p, &e) == 0) != is_whole)
				is_fine = false;
			mux_packet_clear(&p);
			buf_clear(&cut);
		}
		ok(is_fine, "0x%08x: cut", wants[i].type);
		buf_clear(&b);
	}
}

static void
test_framing(void)
{
	static const struct {
		const char *bytes;
		size_t len;
		long want;
	} cases[] = {
		{ "", 0, 4 },
		{ "\0\0\0", 3, 1 },
		{ "\0\0\0\4", 4, 4 },
		{ "\0\0\0\10\0\0\0\1", 8, 4 },
		{ "\0\0\0\4\0\0\0\1", 8, 0 },
		{ "\0\0\0\3", 4, -1 },
		{ "\0\0\0\0", 4, -1 },
		{ "\0\4\0\0", 4, 262144 },
		{ "\0\4\0\1", 4, -1 },
		{ "\377\377\377\377", 4, -1 },
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct err e = { .kind = ERR_NONE };

		is_int(mux_packet_missing(cases[i].bytes, cases[i].len, &e),
		       cases[i].want, "missing, %zu", i);
		is_int(e.kind, cases[i].want < 0 ? ERR_PROTOCOL : ERR_NONE,
		       "error, %zu", i);
	}
}

static void
test_strange(void)
{
	static const char unknown[] = "\0\0\0\10\x10\0\0\xaa\0\0\0\5";
	static const char nul[] = "\0\0\0\17\x80\0\0\3\0\0\0\1\0\0\0\3a\0b";
	static const char more[] = "\0\0\0\13\x80\0\0\1\0\0\0\1xyz";
	struct err e = { .kind = ERR_NONE };
	struct mux_packet p = { 0 };
	struct buf b = BUF_INIT;

	ok(parse(unknown, sizeof(unknown) - 1, &p, &e) == 0 && !p.is_known &&
	       p.type == 0x100000aa && p.id == 5,
	   "a type that we do not know");
	ok(parse(unknown, 8, &p, &e) != 0, "shorter than it says");
	ok(parse(nul, sizeof(nul) - 1, &p, &e) != 0, "a NUL in a string");
	ok(parse(more, sizeof(more) - 1, &p, &e) == 0 && p.id == 1,
	   "something behind the last field");
	mux_packet_clear(&p);

	p.type = MUX_C_NEW_SESSION;
	for (size_t i = 0; i < MUX_ENVIRONMENT_MAX + 10; i++)
		strv_add(&p.session.environment, "A=1");
	mux_packet_put(&b, &p);
	mux_packet_clear(&p);
	ok(parse(b.data, b.len, &p, &e) == 0, "many variables");
	is_int((long long)p.session.environment.len, MUX_ENVIRONMENT_MAX,
	       "some are dropped");
	mux_packet_clear(&p);
	buf_clear(&b);
}

int
main(void)
{
	test_layouts();
	test_fields();
	test_cut();
	test_framing();
	test_strange();
	return done_testing();
}
