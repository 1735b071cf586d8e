/* A session with a server that says what the input is: payloads, of which the
 * client gets well-formed packets. See script.h. */
#include <stddef.h>
#include <stdint.h>

#include "play.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	play(data, size, PLAY_EVENTS);
	return 0;
}
