#include "base/hex.h"
#include "tap.h"

static const struct {
	const char *digits;
	int want;
} bytes[] = {
	{ "00", 0 },
	{ "7f", 0x7f },
	{ "aF", 0xaf },
	{ "FFx", 0xff },
	{ "90", 0x90 },
	{ "", -1 },
	{ "1", -1 },
	{ "1g", -1 },
	{ "g1", -1 },
	{ " 1", -1 },
	{ "0x", -1 },
	{ "\xb2"
	  "1",
	  -1 },
};

int
main(void)
{
	static const unsigned char data[] = { 0x00, 0x09, 0xa0, 0xff };
	char text[2 * sizeof(data) + 1];

	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++)
		is_int(hex_byte(bytes[i].digits), bytes[i].want, "'%s'",
		       bytes[i].digits);
	hex_encode(data, sizeof(data), text);
	is_str(text, "0009a0ff", "bytes become digits");
	hex_encode(data, 0, text);
	is_str(text, "", "none become none");
	return done_testing();
}
