/* What went in comes out, in order and whole, however it is cut. */
#include "ssh/native/arrived.h"

#include <stdint.h>
#include <string.h>

#include "tap.h"

enum { TOTAL = 1024 * 1024 };

static unsigned char data[TOTAL];

/* Sizes that a test can repeat. */
static size_t
next_size(uint32_t *seed, size_t most)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % most + 1;
}

/* Add pieces of up to most bytes, consume up to as much, until all went
 * through. */
static void
pass(size_t most_in, size_t most_out)
{
	struct arrived a = { .first = NULL };
	size_t in = 0, out = 0, front, n;
	const unsigned char *at = NULL;
	uint32_t seed = 1;
	bool is_same = true;

	while (out < TOTAL && is_same) {
		n = next_size(&seed, most_in);
		n = n < TOTAL - in ? n : TOTAL - in;
		arrived_add(&a, data + in, n);
		in += n;
		front = arrived_front(&a, &at);
		n = next_size(&seed, most_out);
		n = n < front ? n : front;
		is_same = a.bytes == in - out && (front > 0 || in == out) &&
			  memcmp(at, data + out, front) == 0;
		arrived_consume(&a, n);
		out += n;
	}
	ok(is_same && a.bytes == 0 && a.first == NULL,
	   "up to %zu in, up to %zu out", most_in, most_out);
	arrived_clear(&a);
}

static void
is_cleared(void)
{
	struct arrived a = { .first = NULL };
	const unsigned char *at = NULL;

	ok(arrived_front(&a, &at) == 0, "nothing is there");
	arrived_add(&a, data, TOTAL);
	arrived_consume(&a, 1000);
	arrived_clear(&a);
	ok(a.bytes == 0 && arrived_front(&a, &at) == 0, "nothing is left");
	arrived_add(&a, data, 1);
	ok(arrived_front(&a, &at) == 1 && *at == data[0], "it goes on");
	arrived_clear(&a);
}

int
main(void)
{
	for (size_t i = 0; i < TOTAL; i++)
		data[i] = (unsigned char)(i ^ i >> 8 ^ i >> 16);
	pass(1, 1);
	pass(40000, 40000);
	pass(100, 70000);
	pass(200000, 3000);
	pass(65536, 65536);
	is_cleared();
	return done_testing();
}
