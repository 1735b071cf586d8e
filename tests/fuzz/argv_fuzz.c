/* A command line, one word per line; and those of the jump hosts that it names,
 * up to the first. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No file is read for them. */
static void
follow_hops(struct conf *c)
{
	struct err e = { .text = "" };
	struct conf hop;

	if (c->host == NULL || c->proxy_jump.len == 0)
		return;
	free(c->config_file);
	c->config_file = xstrdup("none");
	if (conf_for_hop(c, &hop, &e) == 0)
		follow_hops(&hop);
	conf_clear(&hop);
}

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
	    conf_finish(&c, &e) == 0) {
		conf_unsupported(&c, &e);
		follow_hops(&c);
	}
	conf_clear(&c);
	strv_clear(&words);
	free(text);
	return 0;
}
