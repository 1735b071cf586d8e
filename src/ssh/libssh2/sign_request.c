#include "ssh/libssh2/sign_request.h"

#include <stdint.h>

#include "base/wire.h"

char *
sign_request_algorithm(const void *data, size_t len)
{
	struct wire w, skipped;
	uint8_t byte;
	char *name = NULL;

	wire_init(&w, data, len);
	if (wire_get_wire(&w, &skipped) != 0 || /* session id */
	    wire_get_byte(&w, &byte) != 0 ||
	    wire_get_wire(&w, &skipped) != 0 || /* user */
	    wire_get_wire(&w, &skipped) != 0 || /* service */
	    wire_get_wire(&w, &skipped) != 0 || /* method */
	    wire_get_byte(&w, &byte) != 0 || wire_get_cstring(&w, &name) != 0)
		return NULL;
	return name;
}
