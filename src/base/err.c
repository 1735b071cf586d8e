#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Append src at offset at, cut to the room that is left; new end. */
static size_t
put(struct err *e, size_t at, const char *src)
{
	size_t room = sizeof(e->text) - 1 - at;
	size_t len = strnlen(src, room);

	memcpy(e->text + at, src, len);
	e->text[at + len] = '\0';
	return at + len;
}

/* Arguments may point into e->text, so the new text is built elsewhere. */
int
err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	char text[sizeof(e->text)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	e->kind = kind;
	e->hint[0] = '\0';
	put(e, 0, text);
	return -1;
}

int
err_hint(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(e->hint, sizeof(e->hint), fmt, ap);
	va_end(ap);
	return -1;
}

int
err_wrap(struct err *e, const char *fmt, ...)
{
	char old[sizeof(e->text)], prefix[sizeof(e->text)];
	size_t at;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(prefix, sizeof(prefix), fmt, ap);
	va_end(ap);
	memcpy(old, e->text, sizeof(old));
	at = put(e, 0, prefix);
	at = put(e, at, ": ");
	put(e, at, old);
	return -1;
}

bool
err_is_transient(enum err_kind kind)
{
	switch (kind) {
	case ERR_RESOLVE:
	case ERR_CONNECT:
	case ERR_TIMEOUT:
	case ERR_UNAVAILABLE:
	case ERR_LOST:
	case ERR_ENDED:
		return true;
	case ERR_NONE:
	case ERR_USAGE:
	case ERR_CONF:
	case ERR_UNSUPPORTED:
	case ERR_PROTOCOL:
	case ERR_HOST_KEY:
	case ERR_AUTH:
	case ERR_CHANNEL:
	case ERR_FORWARD:
	case ERR_LOCAL:
	case ERR_REMOTE_SIGNAL:
	case ERR_DISMISSED:
	case ERR_DISAGREED:
	case ERR_QUIET:
		break;
	}
	return false;
}

const char *
err_kind_name(enum err_kind kind)
{
	static const char *const names[] = {
		[ERR_NONE] = "none",
		[ERR_USAGE] = "usage",
		[ERR_CONF] = "config",
		[ERR_UNSUPPORTED] = "unsupported",
		[ERR_RESOLVE] = "resolve",
		[ERR_CONNECT] = "connect",
		[ERR_TIMEOUT] = "timeout",
		[ERR_PROTOCOL] = "protocol",
		[ERR_HOST_KEY] = "host-key",
		[ERR_AUTH] = "auth",
		[ERR_CHANNEL] = "channel",
		[ERR_UNAVAILABLE] = "unavailable",
		[ERR_FORWARD] = "forward",
		[ERR_LOCAL] = "local",
		[ERR_REMOTE_SIGNAL] = "signal",
		[ERR_LOST] = "lost",
		[ERR_ENDED] = "ended",
		[ERR_DISMISSED] = "dismissed",
		[ERR_DISAGREED] = "disagreed",
		[ERR_QUIET] = "told",
	};

	return names[kind];
}
