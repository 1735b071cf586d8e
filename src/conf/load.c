/* conf_load(): which files are read, and how often. */
#include "conf/conf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/path.h"
#include "base/xalloc.h"
#include "conf/canonical.h"
#include "conf/line.h"
#include "conf/table.h"

#define SYSTEM_DIR "/etc/ssh"

static int
load_user_file(struct conf *c, const char *name, struct err *e)
{
	char *path;
	int rc;

	if (path_home() == NULL)
		return 0;
	path = xasprintf("%s/.ssh/%s", path_home(), name);
	rc = conf_load_file(c, path, CONF_FILE_USER, e);
	free(path);
	return rc;
}

static int
load_files(struct conf *c, struct err *e)
{
	if (c->config_file != NULL && strcasecmp(c->config_file, "none") == 0)
		return 0;
	if (c->config_file != NULL)
		return conf_load_file(c, c->config_file, CONF_FILE_NAMED, e);
	if (load_user_file(c, "hawser_config", e) != 0 ||
	    load_user_file(c, "config", e) != 0 ||
	    conf_load_file(c, SYSTEM_DIR "/hawser_config", CONF_FILE_SYSTEM,
			   e) != 0)
		return -1;
	return conf_load_file(c, SYSTEM_DIR "/ssh_config", CONF_FILE_SYSTEM, e);
}

/* Whatever the lines say now, the name stays. */
static int
load_again(struct conf *c, char *name, struct err *e)
{
	const struct line_origin from = {
		.source = CONF_FROM_FILE,
		.place = strcasecmp(name, c->host) == 0
			     ? "the destination"
			     : "CanonicalizeHostname",
	};

	log_debug("re-parsing configuration");
	c->canonical_host = name;
	free(c->host_name);
	c->host_name = xstrdup(name);
	if (table_source(c, "HostName") == CONF_FROM_DEFAULT)
		line_mark(c, table_find("HostName"), &from, name);
	return load_files(c, e);
}

int
conf_load(struct conf *c, struct err *e)
{
	char *name;

	if (load_files(c, e) != 0)
		return -1;
	if (c->wants_second_reading)
		log_debug("configuration requests final Match pass");
	if (c->host == NULL)
		return 0;
	if (!c->wants_second_reading &&
	    c->canonicalize_hostname == CONF_CANONICALIZE_NO)
		return 0;
	name = canonical_looked_up(c, e);
	if (name == NULL)
		return -1;
	if (!c->wants_second_reading)
		log_debug("hostname canonicalisation enabled, will re-parse "
			  "configuration");
	return load_again(c, name, e);
}
