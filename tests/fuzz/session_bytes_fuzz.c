/* A session with a server that sends, from some point on, the input's bytes as
 * they are, instead of packets. See script.h. */
#include <stddef.h>
#include <stdint.h>

#include "play.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	play(data, size, PLAY_BYTES);
	return 0;
}
