/* The part of session.h that says, in ssh's words, how a connection ended. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/match.h"
#include "base/str.h"
#include "net/stream.h"
#include "ssh/engine.h"

/* What an SSH server says to those whom it does not even greet now: OpenSSH
 * "Exceeded MaxStartups", or after offences "Not allowed at this time"; others,
 * and what stands before servers, much the same. */
static bool
is_refusal(const char *line)
{
	return match_list(line,
			  "*exceeded *,*too many *,*at this time*,*try again*",
			  true) == MATCH_YES;
}

/* Where the greeting ended, in the words that ssh(1) uses for it; and what
 * came instead of one. */
static int
explain_silence(struct session *s, struct err *e)
{
	bool is_reset = s->end == SESSION_BROKEN;
	bool is_ssh = true;
	char *line = NULL;

	if (s->greeting.first_line != NULL) {
		line = str_visible_line(s->greeting.first_line,
					strlen(s->greeting.first_line));
		is_ssh = is_refusal(line);
	}
	err_set(e, is_ssh ? ERR_ENDED : ERR_PROTOCOL,
		"kex_exchange_identification: %s\n"
		"Connection %s by %s port %d%s%s%s%s",
		is_reset ? "read: Connection reset by peer"
			 : "Connection closed by remote host",
		is_reset ? "reset" : "closed", stream_peer_address(s->stream),
		stream_peer_port(s->stream),
		is_ssh ? "" : ", which does not speak SSH",
		line != NULL ? ": it said \"" : "", line != NULL ? line : "",
		line != NULL ? "\"" : "");
	free(line);
	return -1;
}

/* By what it says (RFC 4253 section 11.1), would the server do the same again?
 * OpenSSH says PROTOCOL_ERROR after too many failed logins. */
static bool
is_for_good(unsigned disconnect_code)
{
	switch (disconnect_code) {
	case 1:  /* HOST_NOT_ALLOWED_TO_CONNECT */
	case 2:  /* PROTOCOL_ERROR */
	case 3:  /* KEY_EXCHANGE_FAILED */
	case 5:  /* MAC_ERROR */
	case 6:  /* COMPRESSION_ERROR */
	case 8:  /* PROTOCOL_VERSION_NOT_SUPPORTED */
	case 9:  /* HOST_KEY_NOT_VERIFIABLE */
	case 13: /* AUTH_CANCELLED_BY_USER */
	case 14: /* NO_MORE_AUTH_METHODS_AVAILABLE */
	case 15: /* ILLEGAL_USER_NAME */
		return true;
	default:
		return false;
	}
}

static int
explain_disconnect(struct session *s, struct err *e)
{
	const char *who = stream_peer_address(s->stream);
	int port = stream_peer_port(s->stream);
	const char *text = session_disconnect_text(s);
	char *shown = str_visible_line(text, strlen(text));

	err_set(e, is_for_good(s->disconnect_code) ? ERR_DISMISSED : ERR_ENDED,
		"Received disconnect from %s port %d:%u: %s\n"
		"Disconnected from %s port %d",
		who, port, s->disconnect_code, shown, who, port);
	free(shown);
	return -1;
}

static int
explain_break(struct session *s, struct err *e)
{
	const char *who = stream_peer_address(s->stream);
	int port = stream_peer_port(s->stream);

	if (s->error == ECONNRESET && s->greeting.identification == NULL)
		return explain_silence(s, e);
	if (s->error == ECONNRESET)
		return err_set(e, ERR_ENDED, "Connection reset by %s port %d",
			       who, port);
	if (s->error == ETIMEDOUT)
		return err_set(e, ERR_ENDED,
			       "Connection to %s port %d timed out", who, port);
	return err_set(e, ERR_ENDED, "Connection to %s port %d: %s", who, port,
		       strerror(s->error));
}

static int
explain_corruption(struct session *s, struct err *e)
{
	const char *who = stream_peer_address(s->stream);
	int port = stream_peer_port(s->stream);
	const char *trouble = session_trouble(s);

	if (strcmp(trouble, SESSION_BAD_MAC) == 0 ||
	    strcmp(trouble, SESSION_BAD_TAG) == 0)
		return err_set(e, ERR_PROTOCOL,
			       "%s\nConnection to %s port %d: %s",
			       SESSION_BAD_MAC, who, port, SESSION_BAD_TAG);
	if (str_starts(trouble, "no matching "))
		return err_set(e, ERR_DISAGREED,
			       "Unable to negotiate with %s port %d: %s", who,
			       port, trouble);
	return err_set(e, ERR_PROTOCOL, "Connection to %s port %d: %s", who,
		       port, trouble);
}

int
session_explain(struct session *s, struct err *e)
{
	const char *who = stream_peer_address(s->stream);
	int port = stream_peer_port(s->stream);

	switch (s->end) {
	case SESSION_ALIVE:
		break;
	case SESSION_CLOSED:
		if (s->greeting.identification == NULL)
			return explain_silence(s, e);
		return err_set(e, ERR_ENDED, "Connection closed by %s port %d",
			       who, port);
	case SESSION_BROKEN:
		return explain_break(s, e);
	case SESSION_DISCONNECTED:
		return explain_disconnect(s, e);
	case SESSION_CORRUPT:
		return explain_corruption(s, e);
	case SESSION_KEY_CHANGED:
		return err_set(e, ERR_HOST_KEY,
			       "The server at %s port %d changed its host key "
			       "during the session: connection ended",
			       who, port);
	}
	return explain_corruption(s, e);
}
