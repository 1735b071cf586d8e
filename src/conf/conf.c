#include "conf/conf.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "conf/line.h"
#include "conf/table.h"
#include "conf/value.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

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

	for (size_t i = 0; (row = table_row(i)) != NULL; i++) {
		value_clear(row, c);
		free(c->origin[i]);
	}
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
	strv_clear(&c->warnings);
	strv_clear(&c->errors);
	memset(c, 0, sizeof(*c));
}

int
conf_set(struct conf *c, const char *text, struct err *e)
{
	const struct line_origin from = { "command-line", 0, CONF_FROM_ARGV,
					  true };
	struct line l;
	int rc = -1;

	if (line_parse(&l, c, text, &from, e) != 0)
		goto out;
	if (l.keyword == NULL)
		rc = 0;
	else if (l.row != NULL && l.row->type == ROW_BLOCK)
		err_set(e, ERR_CONF,
			"%s directive not supported as a command-line option",
			strcmp(l.row->name, "Match") == 0 ? "Host"
							  : l.row->name);
	else
		rc = line_store(&l, c, &from, e);
out:
	line_clear(&l);
	return rc;
}

void
conf_dump(const struct conf *c, FILE *out)
{
	const struct row *row;

	fprintf(out, "host %s\n", c->host == NULL ? "" : c->host);
	for (size_t i = 0; (row = table_row(i)) != NULL; i++)
		if (!(row->flags & ROW_OWN) || c->given[i])
			value_print(row, c, out);
}

char *
conf_version_text(const char *libssh2, const char *openssl)
{
	return xasprintf("hawser_%s%s%s, OpenSSL %s", PACKAGE_VERSION,
			 libssh2 != NULL ? ", libssh2 " : "",
			 libssh2 != NULL ? libssh2 : "", openssl);
}
