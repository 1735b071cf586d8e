/* A command line, one word per line. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);
	struct strv words = STRV_INIT;
	struct err e = { .text = "" };
	struct conf c;

	strv_add(&words, "hawser");
	strv_split(&words, text, "\n");
	conf_init(&c);
	if (conf_parse_argv(&c, (int)words.len, words.items, &e) == 0 &&
	    conf_finish(&c, &e) == 0)
		conf_unsupported(&c, &e);
	conf_clear(&c);
	strv_clear(&words);
	free(text);
	return 0;
}
