/* What is understood must be understood again once it was printed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/forward_spec.h"
#include "base/xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
run(const char *text, enum forward_kind kind)
{
	struct forward_spec spec, again;
	char *print, *second;

	if (forward_spec_parse(text, kind, &spec) != 0)
		return;
	print = forward_spec_print(&spec, kind);
	if (kind == FORWARD_REMOTE_DYNAMIC)
		kind = FORWARD_REMOTE;
	if (forward_spec_load(print, kind, &again) != 0)
		abort();
	second = forward_spec_print(&again, kind);
	if (strcmp(print, second) != 0 ||
	    !forward_spec_same_listen(&spec, &again))
		abort();
	forward_spec_clear(&spec);
	forward_spec_clear(&again);
	free(print);
	free(second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);

	for (int kind = FORWARD_LOCAL; kind <= FORWARD_STDIO; kind++) {
		struct forward_spec spec;

		run(text, (enum forward_kind)kind);
		if (forward_spec_load(text, (enum forward_kind)kind, &spec) ==
		    0)
			forward_spec_clear(&spec);
	}
	free(text);
	return 0;
}
