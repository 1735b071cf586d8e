/* ssh_config text: reading, finishing and showing it must end, and cleanly. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Files of the machine must not decide the outcome. */
static bool
has_include(const char *text, size_t len)
{
	for (size_t i = 0; i + 7 <= len; i++)
		if (strncasecmp(text + i, "include", 7) == 0)
			return true;
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *input = (const char *)data;
	struct err e = { .text = "" };
	struct conf c;
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	if (has_include(input, size))
		return 0;
	conf_init(&c);
	c.host = xstrdup("web.example.org");
	c.history.is_full = true;
	if (conf_load_text(&c, input, size, "fuzz", &e) == 0 &&
	    conf_finish(&c, &e) == 0) {
		out = open_memstream(&text, &len);
		conf_dump(&c, out);
		c.action = CONF_ACTION_EXPLAIN;
		conf_dump(&c, out);
		fclose(out);
		free(text);
		conf_unsupported(&c, &e);
	}
	conf_clear(&c);
	return 0;
}
