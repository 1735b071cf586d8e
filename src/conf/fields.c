/* What is done with every field of struct conf: it is nothing at first, and
 * freed at last. */
#include "conf/conf.h"

#include <stdlib.h>
#include <string.h>

#include "conf/table.h"
#include "conf/value.h"

void
conf_init(struct conf *c)
{
	memset(c, 0, sizeof(*c));
	/* Needed before conf_finish(): files are read with it. */
	c->log_level = LOG_LEVEL_INFO;
}

void
conf_clear(struct conf *c)
{
	const struct row *row;

	for (size_t i = 0; (row = table_row(i)) != NULL; i++)
		value_clear(row, c);
	history_clear(&c->history);
	free(c->forward_agent_path);
	free(c->host);
	strv_clear(&c->words);
	free(c->command_text);
	free(c->config_file);
	free(c->log_file);
	free(c->query);
	free(c->mux_command);
	if (c->stdio_forward != NULL)
		forward_spec_clear(c->stdio_forward);
	free(c->stdio_forward);
	strv_clear(&c->host_patterns);
	free(c->canonical_host);
	strv_clear(&c->warnings);
	strv_clear(&c->errors);
	memset(c, 0, sizeof(*c));
}
