#include <stdlib.h>

#include "base/strv.h"
#include "forward/permit_open.h"
#include "tap.h"

static const struct {
	const char *list; /* entries with blanks between them */
	const char *host;
	int port;
	bool permitted;
} rows[] = {
	{ "", "db", 5432, true },
	{ "any", "db", 5432, true },
	{ "web:80 any", "db", 5432, true },
	{ "db:5432", "db", 5432, true },
	{ "db:5432", "db", 5433, false },
	{ "db:5432", "db2", 5432, false },
	{ "db2:5432", "db", 5432, false },
	{ "web:80 db:5432", "db", 5432, true },
	{ "db:*", "db", 1, true },
	{ "db:*", "web", 1, false },
	{ "*:80", "web", 80, true },
	{ "*:80", "web", 81, false },
	{ "*:*", "web", 81, true },
	{ "d*:80", "db", 80, false },
	{ "db:http", "db", 80, true },
	{ "db:http", "db", 443, false },
	{ "db:no-such-service", "db", 0, false },
	{ "[::1]:80", "::1", 80, true },
	{ "[::1]:80", "::2", 80, false },
	{ "none", "none", 0, false },
};

int
main(void)
{
	ok(permit_open(NULL, "db", 1), "no list permits everything");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct strv list = STRV_INIT;

		strv_split(&list, rows[i].list, " ");
		is_int(permit_open(&list, rows[i].host, rows[i].port),
		       rows[i].permitted, "'%s': %s port %d", rows[i].list,
		       rows[i].host, rows[i].port);
		strv_clear(&list);
	}
	return done_testing();
}
