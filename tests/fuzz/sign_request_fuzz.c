/* What libssh2 asks to be signed. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ssh/libssh2/sign_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *name = sign_request_algorithm(data, size);

	/* five lengths and two bytes stand before it */
	assert(name == NULL || strlen(name) + 22 <= size);
	free(name);
	return 0;
}
