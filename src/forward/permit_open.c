#include "forward/permit_open.h"

#include <string.h>

#include "base/forward_spec.h"
#include "base/strv.h"

static bool
permits(const char *entry, const char *host, int port)
{
	const char *colon = strrchr(entry, ':');
	int permitted = 0;
	size_t len;

	if (colon == NULL || (strcmp(colon, ":*") != 0 &&
			      (forward_spec_port(colon + 1, &permitted) != 0 ||
			       permitted != port)))
		return false;
	len = (size_t)(colon - entry);
	if (len > 2 && entry[0] == '[' && entry[len - 1] == ']') {
		entry++;
		len -= 2;
	}
	return (len == 1 && *entry == '*') ||
	       (len == strlen(host) && memcmp(entry, host, len) == 0);
}

bool
permit_open(const struct strv *list, const char *host, int port)
{
	bool found = list == NULL || list->len == 0 || strv_has(list, "any");

	for (size_t i = 0; !found && i < list->len; i++)
		found = permits(list->items[i], host, port);
	return found;
}
