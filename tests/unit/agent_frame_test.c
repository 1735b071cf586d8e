#include "forward/agent_frame.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/wire.h"
#include "tap.h"

static const struct {
	const char *name;
	const char *bytes;
	size_t len;
	long want;
} lengths[] = {
	{ "nothing", "", 0, 0 },
	{ "part of the length", "\0\0\0", 3, 0 },
	{ "the length alone", "\0\0\0\1", 4, 0 },
	{ "a byte is missing", "\0\0\0\3\13x", 6, 0 },
	{ "a list request", "\0\0\0\1\13", 5, 5 },
	{ "and more behind it", "\0\0\0\1\13\0\0\0\1\13", 10, 5 },
	{ "an empty message", "\0\0\0\0\0\0\0\1", 8, -1 },
	{ "the longest, not there yet", "\0\4\0\0\15", 5, 0 },
	{ "one byte too long", "\0\4\0\1\15", 5, -1 },
	{ "much too long", "\377\377\377\377\15", 5, -1 },
};

static const struct {
	const char *name;
	const char *bytes;
	size_t len;
	bool want;
	const char *key;
} signs[] = {
	{ "a list request", "\0\0\0\1\13", 5, false, "" },
	{ "a signature", "\0\0\0\17\15\0\0\0\3key\0\0\0\2xy", 18, true, "key" },
	{ "a signature, key cut off", "\0\0\0\6\15\0\0\0\3k", 10, true, "" },
	{ "a signature, nothing else", "\0\0\0\1\15", 5, true, "" },
	{ "a signature, no key", "\0\0\0\5\15\0\0\0\0", 9, true, "" },
	{ "the version-1 signature", "\0\0\0\6\3\0\0\0\1k", 10, false, "" },
	{ "empty", "", 0, false, "" },
};

static void
check_sign(size_t i)
{
	const unsigned char *key = (const unsigned char *)"";
	size_t len = 0;
	bool is_sign =
	    agent_frame_is_sign(signs[i].bytes, signs[i].len, &key, &len);

	ok(is_sign == signs[i].want, "%s: recognized", signs[i].name);
	ok(len == strlen(signs[i].key) && memcmp(key, signs[i].key, len) == 0,
	   "%s: key", signs[i].name);
}

static void
check_failure(void)
{
	struct buf b = BUF_INIT;

	agent_frame_put_failure(&b);
	ok(b.len == 5 && memcmp(b.data, "\0\0\0\1\5", 5) == 0,
	   "a failure is one byte of value 5");
	is_int(agent_frame_len(b.data, b.len), 5, "and a whole message");
	buf_clear(&b);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		is_int(agent_frame_len(lengths[i].bytes, lengths[i].len),
		       lengths[i].want, "length: %s", lengths[i].name);
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		check_sign(i);
	check_failure();
	return done_testing();
}
