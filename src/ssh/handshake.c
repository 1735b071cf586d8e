/* The part of session.h that is about keys: handshake, host key, rekeys. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "net/stream.h"
#include "ssh/internal.h"
#include "ssh/session.h"

/* What an SSH server says to those whom it does not even greet: OpenSSH with
 * too many connections, or after too many offences. */
static bool
is_refusal(const char *line)
{
	return strcmp(line, "Exceeded MaxStartups") == 0 ||
	       strcmp(line, "Not allowed at this time") == 0;
}

/* Where the greeting ended, in the words that ssh(1) uses for it. */
static int
explain_silence(struct session *s, struct err *e)
{
	const char *who = stream_peer_address(s->stream);
	int port = stream_peer_port(s->stream);
	char *line;

	if (s->greeting.lines.len == 0)
		return err_set(e, ERR_ENDED,
			       "kex_exchange_identification: Connection "
			       "closed by remote host\n"
			       "Connection closed by %s port %d",
			       who, port);
	line = str_visible_line(s->greeting.lines.items[0],
				strlen(s->greeting.lines.items[0]));
	err_set(e, is_refusal(line) ? ERR_ENDED : ERR_PROTOCOL,
		"kex_exchange_identification: Connection closed by remote "
		"host\n"
		"Connection closed by %s port %d%s: it said \"%s\"",
		who, port, is_refusal(line) ? "" : ", which does not speak SSH",
		line);
	free(line);
	return -1;
}

static int
explain_disconnect(struct session *s, struct err *e)
{
	const char *who = stream_peer_address(s->stream);
	int port = stream_peer_port(s->stream);
	const char *text = session_disconnect_text(s);
	char *shown = str_visible_line(text, strlen(text));

	err_set(e, ERR_ENDED,
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

	if (s->error == ECONNRESET)
		return err_set(e, ERR_ENDED, "Connection reset by %s port %d",
			       who, port);
	if (s->error == ETIMEDOUT)
		return err_set(e, ERR_ENDED,
			       "Connection to %s port %d timed out", who, port);
	return err_set(e, ERR_ENDED, "Connection to %s port %d: %s", who, port,
		       strerror(s->error));
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
		if (str_starts(session_trouble(s), "no matching "))
			return err_set(e, ERR_ENDED,
				       "Unable to negotiate with %s port %d: "
				       "%s",
				       who, port, session_trouble(s));
		break;
	case SESSION_KEY_CHANGED:
		return err_set(e, ERR_HOST_KEY,
			       "The server at %s port %d changed its host key "
			       "during the session: connection ended",
			       who, port);
	}
	return err_set(e, ERR_PROTOCOL, "Connection to %s port %d: %s", who,
		       port, session_trouble(s));
}

const char *
session_method_name(const struct session *s, enum session_method method)
{
	static const int numbers[] = {
		[SESSION_KEX] = LIBSSH2_METHOD_KEX,
		[SESSION_HOST_KEY] = LIBSSH2_METHOD_HOSTKEY,
		[SESSION_CIPHER] = LIBSSH2_METHOD_CRYPT_CS,
		[SESSION_MAC] = LIBSSH2_METHOD_MAC_CS,
		[SESSION_COMPRESSION] = LIBSSH2_METHOD_COMP_CS,
	};
	const char *name = libssh2_session_methods(s->raw, numbers[method]);

	return name != NULL ? name : "";
}

/* What libssh2 puts in front of our key exchange methods: no methods. */
static const char markers[] = "ext-info-c,kex-strict-c-v00@openssh.com,";

/*
 * Take the markers out of the list that libssh2 has just made: if a server
 * names one, libssh2 takes it for a method and calls a function that does not
 * exist. They count in the first offer only, and that one has been sent.
 */
static void
drop_markers(const struct session *s)
{
	char *list = s->newest_block;
	size_t skip = sizeof(markers) - 1;

	if (list == NULL || s->newest_len <= skip ||
	    memcmp(list, markers, skip) != 0 ||
	    memchr(list, '\0', s->newest_len) == NULL) {
		log_debug("libssh2's markers are not where they were");
		return;
	}
	memmove(list, list + skip, strlen(list + skip) + 1);
}

/*
 * Two ciphers of different kinds make libssh2 abort. And in a rekey it
 * exchanges its cipher for the newly agreed one before the old keys are out of
 * use, so a server that changes its lists could make it run one cipher on the
 * state of another. With one name in each list neither can happen.
 */
void
session_pin_methods(struct session *s)
{
	static const int numbers[NEGOTIATION_LISTS] = {
		LIBSSH2_METHOD_KEX,      LIBSSH2_METHOD_HOSTKEY,
		LIBSSH2_METHOD_CRYPT_CS, LIBSSH2_METHOD_CRYPT_SC,
		LIBSSH2_METHOD_MAC_CS,   LIBSSH2_METHOD_MAC_SC,
		LIBSSH2_METHOD_COMP_CS,  LIBSSH2_METHOD_COMP_SC,
	};

	for (size_t i = 0; i < NEGOTIATION_LISTS; i++) {
		char *name = negotiation_agree(s->ours.lists[i],
					       s->greeting.offer.lists[i]);

		/* with an AEAD cipher there may be no MAC */
		if (name != NULL &&
		    libssh2_session_method_pref(s->raw, numbers[i], name) ==
			0 &&
		    i == NEGOTIATION_KEX)
			drop_markers(s);
		free(name);
	}
}

const void *
session_host_key(const struct session *s, size_t *ret_len)
{
	*ret_len = s->host_key.len;
	return s->host_key.data;
}

/* The raw key as libssh2 has it now, and its size. Each key exchange allocates
 * a new one and forgets the last, which is freed here in its place. */
static const void *
current_host_key(struct session *s, size_t *ret_len)
{
	int type;
	const char *key = libssh2_session_hostkey(s->raw, ret_len, &type);

	if (key != s->tap.watched && s->tap.watched != NULL)
		tap_free(&s->tap, s->tap.watched);
	s->tap.watched = (void *)(uintptr_t)key;
	return key;
}

static void
keep_host_key(struct session *s)
{
	size_t len = 0;
	const void *key = current_host_key(s, &len);

	buf_reset(&s->host_key);
	if (key != NULL)
		buf_add(&s->host_key, key, len);
}

/* libssh2 verifies the signature in a rekey, but not that the key is still
 * the one that was accepted (guide section 4). */
static void
check_host_key(struct session *s)
{
	size_t len = 0;
	const void *key = current_host_key(s, &len);

	if (key == NULL ||
	    (len == s->host_key.len && memcmp(key, s->host_key.data, len) == 0))
		return;
	log_debug("the host key changed during a key exchange");
	session_note_end(s, SESSION_KEY_CHANGED);
}

int
session_await_service(struct session *s)
{
	int rc = 0;

	if (!s->is_served)
		rc = libssh2_session_handshake(s->raw, stream_fd(s->stream));
	s->is_served = rc == 0;
	return rc;
}

enum step
session_handshake(struct session *s, struct err *e)
{
	int rc;

	if (s->is_handshaken)
		return STEP_DONE;
	session_open_gate(s, SIZE_MAX);
	rc = session_await_service(s);
	session_close_gate(s);
	/* the key exchange is over once the next thing was asked for */
	if (rc == 0 || (rc == LIBSSH2_ERROR_EAGAIN && s->has_asked)) {
		keep_host_key(s);
		s->is_handshaken = true;
		return STEP_DONE;
	}
	if (rc == LIBSSH2_ERROR_EAGAIN)
		return STEP_AGAIN;
	if (session_survives(s, rc)) {
		/* whatever it was, this session cannot go on */
		char *why = NULL;

		libssh2_session_last_error(s->raw, &why, NULL, 0);
		free(s->trouble);
		s->trouble = xstrdup(why != NULL ? why : "");
		session_note_end(s, SESSION_CORRUPT);
	}
	session_explain(s, e);
	return STEP_FAIL;
}

void
session_open_gate(struct session *s, size_t budget)
{
	s->gate_open = true;
	s->budget = budget;
	s->ran_out = false;
}

void
session_close_gate(struct session *s)
{
	s->gate_open = false;
	if (s->is_handshaken && s->end == SESSION_ALIVE)
		check_host_key(s);
}
