/*
 * same_random - random numbers that are known before: libcrypto gets the same
 * bytes each time it asks, from the first one on. So a key depends neither on
 * how many were made before it nor on what else a release of libcrypto wants
 * random bytes for.
 */
#ifndef TESTS_UNIT_SAME_RANDOM_H
#define TESTS_UNIT_SAME_RANDOM_H

#include <openssl/rand.h>
#include <stdint.h>
#include <stdlib.h>

/* libcrypto repeats its question while it finds the answer too large, so it
 * begins with a byte that never is. */
enum { SAME_RANDOM_FIRST = 0x35 };

/* Which bytes these are. */
static uint64_t same_random_seed;

static inline int
same_random_take(unsigned char *out, int len)
{
	uint64_t state = same_random_seed;

	for (int i = 0; i < len; i++) {
		/* a linear congruential generator: its upper bits will do */
		state = state * 6364136223846793005u + 1442695040888963407u;
		out[i] = (unsigned char)(state >> 56);
	}
	if (len > 0)
		out[0] = SAME_RANDOM_FIRST;
	return 1;
}

/* From now on libcrypto gets the bytes that belong to the text. OpenSSL 3.0 has
 * no other way to choose them. */
static inline void
same_random_begin(const char *text)
{
	static const RAND_METHOD method = { .bytes = same_random_take };

	same_random_seed = 1;
	for (; *text != '\0'; text++)
		same_random_seed = same_random_seed * 31 + (unsigned char)*text;
	if (RAND_set_rand_method(&method) != 1)
		abort();
}

/* And from now on others. */
static inline void
same_random_change(void)
{
	same_random_seed++;
}

#endif
