/* What a server prints about its process: what is understood of it must not do
 * more to a shell there than it should. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tunnel/server_identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The line is in single quotes; nothing in between ends them. */
static void
check(const char *line)
{
	const char *first = strchr(line, '\'');

	if (first == NULL ||
	    strchr(first + 1, '\'') != line + strlen(line) - 1 ||
	    strpbrk(line, "\n\\`!") != NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct server_identity identity;
	char *line;

	if (server_identity_end_parse(data, size) > SERVER_END_NONSENSE)
		abort();
	if (server_identity_parse(data, size, &identity) != 0)
		return 0;
	if (identity.pid < 2 || identity.uid < 0)
		abort();
	line = server_identity_end_command(&identity);
	check(line);
	free(line);
	return 0;
}
