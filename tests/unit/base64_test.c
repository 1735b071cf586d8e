#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "keys/base64.h"
#include "tap.h"

static const struct {
	const char *plain, *text;
} pairs[] = {
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "\377\376\375\374", "//79/A==" },
	{ "\373\357\276", "++++" },
};

static const char *const wrong[] = {
	"A",     "AA",      "AAA",     "AA=",      "A===",     "=AAA", "AA=A",
	"Zm9v=", "Zm9vYg=", "Zm9v-_+", "Zm\3779v", "Zg==Zg==", "====", "Zg===",
};

int
main(void)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		const char *plain = pairs[i].plain, *text = pairs[i].text;
		char *got = base64_encode(plain, strlen(plain));

		is_str(got, text, "encode %zu", i);
		free(got);
		buf_reset(&b);
		is_int(base64_decode(text, strlen(text), &b), 0, "decode %s",
		       text);
		is_str(buf_str(&b), plain, "bytes of %s", text);
	}
	buf_reset(&b);
	is_int(base64_decode(" Zm\r\n9\tv\n", 9, &b), 0, "white space");
	is_str(buf_str(&b), "foo", "white space is skipped");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		is_int(base64_decode(wrong[i], strlen(wrong[i]), &b), -1,
		       "malformed %s", wrong[i]);
		is_str(buf_str(&b), "foo", "nothing is added by %s", wrong[i]);
	}
	buf_clear(&b);
	return done_testing();
}
