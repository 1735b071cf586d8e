/* ssh_config text: reading, finishing and showing it must end, and cleanly. */
#include <netdb.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "conf/canonical.h"
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

/* Nothing runs and nobody is asked: the text says what comes of it. */
static int
pretend_to_run(const char *command, int patience, struct err *e)
{
	(void)patience;
	if (*command == '!')
		return err_set(e, ERR_LOCAL, "broken");
	return (int)(strlen(command) % 2);
}

static int
pretend_to_look_up(const struct conf_name *query, char **ret_canonical)
{
	if (strstr(query->name, "web.a") == NULL)
		return EAI_NONAME;
	*ret_canonical = xstrdup(query->name + 1);
	return 0;
}

static const struct conf_outside outside = {
	.run = pretend_to_run,
	.look_up = pretend_to_look_up,
};

/* Read it twice, as conf_load() does. */
static int
read_twice(struct conf *c, const char *text, size_t len, struct err *e)
{
	if (conf_load_text(c, text, len, "fuzz", e) != 0)
		return -1;
	c->canonical_host = canonical_looked_up(c, e);
	if (c->canonical_host == NULL)
		return -1;
	return conf_load_text(c, text, len, "fuzz", e);
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
	c.outside = &outside;
	c.host = xstrdup("web.example.org");
	c.history.is_full = true;
	if (read_twice(&c, input, size, &e) == 0 && conf_finish(&c, &e) == 0) {
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
