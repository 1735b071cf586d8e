/* /etc/hosts and nsswitch.conf: a name, and the file in which it is looked
 * for. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/strv.h"
#include "base/xalloc.h"
#include "net/hosts_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *name = xstrndup((const char *)data, size);
	size_t len = strlen(name), rest = size - len;
	FILE *in =
	    rest > 1 ? fmemopen((char *)data + len + 1, rest - 1, "r") : NULL;
	struct strv names = STRV_INIT;
	bool any, four, six, found = false;

	if (in != NULL) {
		any = hosts_file_has(in, name, AF_UNSPEC);
		rewind(in);
		four = hosts_file_has(in, name, AF_INET);
		rewind(in);
		six = hosts_file_has(in, name, AF_INET6);
		assert(any == (four || six));
		rewind(in);
		hosts_file_list(in, &names);
		for (size_t i = 0; i < names.len; i++)
			found |= strcasecmp(names.items[i], name) == 0;
		assert(found == any);
		strv_clear(&names);
		rewind(in);
		hosts_file_is_first(in);
		fclose(in);
	}
	free(name);
	return 0;
}
