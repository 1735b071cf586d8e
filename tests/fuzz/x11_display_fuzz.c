/* A value of DISPLAY. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "forward/x11_display.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);
	struct x11_display d = { .host = NULL };
	struct err e;

	if (x11_display_is_valid(text))
		assert(strcspn(text, " ;&|<>$`\\\"'()\n") == strlen(text));
	if (x11_display_parse(text, &d, &e) == 0) {
		assert((d.host == NULL) != (d.path == NULL));
		assert(d.host == NULL || (d.port >= 6000 && d.port <= 65535));
		assert(d.screen <= 400);
	} else {
		assert(d.host == NULL && d.path == NULL);
	}
	x11_display_clear(&d);
	free(text);
	return 0;
}
