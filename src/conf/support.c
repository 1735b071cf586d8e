/* conf_unsupported(): what was asked for but is not built yet, or not here. */
#include "conf/conf.h"

#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/match.h"
#include "conf/letters.h"
#include "conf/table.h"

/*
 * The cases in which leaving the option out would change what the user gets:
 * another host is reached, a forwarding is missing, a key is not offered.
 * Options that ssh itself treats as a mere wish are left out silently, and
 * those that a file sets for all hosts are not held against a single run.
 */

static bool
needs_tunnel(const struct conf *c)
{
	return c->tunnel != CONF_TUNNEL_NO;
}

static const struct {
	const char *keyword;
	bool (*is_needed)(const struct conf *c);
} needs[] = {
	{ "Tunnel", needs_tunnel },
};

#define N_NEEDS (sizeof(needs) / sizeof(needs[0]))

static int
refuse(const struct conf *c, const char *keyword, struct err *e)
{
	const struct history_entry *origin =
	    history_find(&c->history, table_index(table_find(keyword)), 0);
	bool is_typed = table_source(c, keyword) == CONF_FROM_ARGV;
	char letter = letters_of_keyword(keyword);

	if (!is_typed && origin != NULL)
		return err_set(e, ERR_UNSUPPORTED, "%s: %s: not supported yet",
			       origin->place, keyword);
	if (!is_typed || letter == '\0')
		return err_set(e, ERR_UNSUPPORTED, "%s: not supported yet",
			       keyword);
	return err_set(e, ERR_UNSUPPORTED, "-%c (%s): not supported yet",
		       letter, keyword);
}

static int
check_letters(const struct conf *c, struct err *e)
{
	if (c->mux_command != NULL && strcmp(c->mux_command, "proxy") == 0 &&
	    c->engine != CONF_ENGINE_NATIVE)
		return err_set(e, ERR_UNSUPPORTED,
			       "-O proxy: not with Engine libssh2");
	if (c->action == CONF_ACTION_LIST_KEYS)
		return err_set(e, ERR_UNSUPPORTED, "-Z: not supported yet");
	return 0;
}

/* To us it is unknown, too. */
static bool
is_waived(const struct conf *c, const char *keyword)
{
	return c->ignore_unknown != NULL &&
	       match_list(keyword, c->ignore_unknown, true) == MATCH_YES;
}

static void
note_omissions(const struct conf *c)
{
	const struct row *row;

	for (size_t i = 0; (row = table_row(i)) != NULL; i++) {
		const struct history_entry *origin =
		    history_find(&c->history, i, 0);

		if (row->flags & ROW_LATER && origin != NULL)
			log_debug("%s: %s: not supported yet, left out",
				  origin->place, row->name);
	}
}

/* What this program was built without. Debian's configuration asks for Kerberos
 * everywhere: that is not worth a word. */
static void
note_absences(const struct conf *c)
{
#ifndef HAVE_ZLIB
	if (c->compression)
		log_info("Compression: this hawser was built without zlib");
#endif
#ifndef HAVE_GSSAPI
	if (c->gssapi_authentication)
		log_debug("GSSAPIAuthentication: this hawser was built without "
			  "Kerberos");
#endif
	(void)c;
}

int
conf_unsupported(const struct conf *c, struct err *e)
{
	if (c->refuse_connection != NULL)
		return err_set(e, ERR_CONF, "Refusing connection: %s",
			       c->refuse_connection);
	if (check_letters(c, e) != 0)
		return -1;
	for (size_t i = 0; i < N_NEEDS; i++)
		if (needs[i].is_needed(c) && !is_waived(c, needs[i].keyword))
			return refuse(c, needs[i].keyword, e);
	note_omissions(c);
	note_absences(c);
	return 0;
}
