/* One input is a list; what is matched against it is fixed. */
#include <stdint.h>
#include <stdlib.h>

#include "base/match.h"
#include "base/xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *list = xstrndup((const char *)data, size);

	(void)match_pattern("www.example.org", list);
	(void)match_list("www.example.org", list, false);
	(void)match_host("WWW.example.org", list);
	free(list);
	return 0;
}
