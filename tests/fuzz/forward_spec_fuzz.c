/* What is understood is printed, and copied, as it is. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/forward_spec.h"
#include "base/xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
run(const char *text, enum forward_kind kind)
{
	struct forward_spec spec, copy;
	char *print, *second;

	if (forward_spec_parse(text, kind, &spec) != 0)
		return;
	print = forward_spec_print(&spec, kind);
	copy = forward_spec_copy(&spec);
	second = forward_spec_print(&copy, kind);
	if (strcmp(print, second) != 0 ||
	    !forward_spec_same_listen(&spec, &copy))
		abort();
	forward_spec_clear(&spec);
	forward_spec_clear(&copy);
	free(print);
	free(second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);

	for (int kind = FORWARD_LOCAL; kind <= FORWARD_STDIO; kind++)
		run(text, (enum forward_kind)kind);
	free(text);
	return 0;
}
