#include "base/err_log.h"

#include <string.h>

#include "base/err.h"
#include "base/log.h"

/* How grave is it? */
static enum log_level
level_of(enum err_kind kind)
{
	switch (kind) {
	case ERR_HOST_KEY:
	case ERR_AUTH:
	case ERR_CHANNEL:
	case ERR_UNAVAILABLE:
	case ERR_FORWARD:
		return LOG_LEVEL_FATAL;
	case ERR_ENDED:
	case ERR_DISMISSED:
	case ERR_DISAGREED:
		return LOG_LEVEL_INFO;
	case ERR_NONE:
	case ERR_USAGE:
	case ERR_CONF:
	case ERR_UNSUPPORTED:
	case ERR_RESOLVE:
	case ERR_CONNECT:
	case ERR_TIMEOUT:
	case ERR_PROTOCOL:
	case ERR_LOCAL:
	case ERR_REMOTE_SIGNAL:
	case ERR_LOST:
	case ERR_QUIET:
		break;
	}
	return LOG_LEVEL_ERROR;
}

void
err_log(const struct err *e)
{
	const char *line = e->text;

	if (e->kind == ERR_QUIET)
		return;
	for (;;) {
		int len = (int)strcspn(line, "\n");
		bool is_last = line[len] == '\0';

		log_write(is_last ? level_of(e->kind) : LOG_LEVEL_ERROR, "%.*s",
			  len, line);
		if (is_last)
			return;
		line += len + 1;
	}
}
