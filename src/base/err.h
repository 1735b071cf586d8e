/*
 * err - one failure on its way up to main().
 *
 * The function that detects a problem writes the sentence; callers may put
 * context in front of it; only main() prints it and picks the exit status.
 * The text is a fixed array so that an error owns nothing; long text is cut.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

enum err_kind {
	ERR_NONE,
	ERR_USAGE,         /* a wrong command line */
	ERR_CONF,          /* a wrong configuration file or value */
	ERR_UNSUPPORTED,   /* what is asked for is not built yet */
	ERR_RESOLVE,       /* a host name that has no address */
	ERR_CONNECT,       /* no transport connection */
	ERR_TIMEOUT,       /* a deadline passed */
	ERR_PROTOCOL,      /* the peer does not speak SSH as we do */
	ERR_HOST_KEY,      /* the server is not who it should be */
	ERR_AUTH,          /* the server did not let us in */
	ERR_CHANNEL,       /* the server refused a channel or a request on it */
	ERR_UNAVAILABLE,   /* or could not open a channel as things are */
	ERR_FORWARD,       /* a forwarding was refused, here or there */
	ERR_LOCAL,         /* a local file, descriptor or program failed */
	ERR_REMOTE_SIGNAL, /* the remote command was killed by a signal */
	ERR_LOST,          /* an open connection was lost */
	ERR_ENDED,         /* the server ended it: to ssh an information */
	ERR_DISMISSED,     /* it did, and would again; likewise */
	ERR_DISAGREED,     /* no algorithm is in common; likewise */
	ERR_QUIET,         /* already told to the user; nothing more to print */
};

struct err {
	enum err_kind kind;
	char text[2048];
	char hint[256]; /* what one may do about it; mostly empty */
};

/*
 * Record a failure: printf-like, a full sentence that names what failed.
 * Always returns -1, so that callers can return it directly.
 */
int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Say what a newcomer may do about it: a sentence or two in one line,
 * printf-like. main() shows it below the error, to a person at a terminal only:
 * scripts get what ssh(1) says. The next err_set() takes it away. Always
 * returns -1.
 */
int err_hint(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Put a prefix and ": " before the recorded text. Always returns -1. */
int err_wrap(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * May the same thing succeed later, though nobody changes anything here?
 *
 * It may where the network or the server's load was the reason: no address (a
 * name server may be as far away as the server), no connection, a deadline, a
 * connection that was lost or that the server ended, a channel to where the
 * server could not connect. Not where somebody has to do something first: what
 * was asked for, local files, host keys, logins, and what is refused. Nor where
 * the peer does not speak SSH as we do: it will not learn it, and where bytes
 * were changed on their way, somebody should know.
 *
 * A forwarding that is refused is one of those, too: a server does not say
 * whether it forbids it or whether the port is in use. Only who had it before
 * knows that the port may still be held by what has just been lost.
 *
 * It says nothing about whether what was begun may be done twice: a command
 * that may have been started is never sent again.
 */
bool err_is_transient(enum err_kind kind);

/* A short name that programs are told, and that stays what it is: "connect",
 * "host-key". Static. */
const char *err_kind_name(enum err_kind kind);

#endif
