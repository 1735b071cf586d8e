/* The part of session.h that is about keys: handshake, host key, rekeys. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "net/stream.h"
#include "ssh/libssh2/internal.h"

#define INTEGRATED "INTEGRATED-"

const char *
lib_session_method_name(const struct session *s, enum session_method method)
{
	static const int numbers[] = {
		[SESSION_KEX] = LIBSSH2_METHOD_KEX,
		[SESSION_HOST_KEY] = LIBSSH2_METHOD_HOSTKEY,
		[SESSION_CIPHER] = LIBSSH2_METHOD_CRYPT_CS,
		[SESSION_MAC] = LIBSSH2_METHOD_MAC_CS,
		[SESSION_COMPRESSION] = LIBSSH2_METHOD_COMP_CS,
	};
	const char *name =
	    libssh2_session_methods(s->lib->raw, numbers[method]);

	/* where there is none, it names what takes its place */
	if (name == NULL ||
	    (method == SESSION_MAC &&
	     strncmp(name, INTEGRATED, strlen(INTEGRATED)) == 0))
		return "";
	return name;
}

/*
 * Take the markers out of the list that libssh2 has just made: if a server
 * names one, libssh2 takes it for a method and calls a function that does not
 * exist. They count in the first offer only, and that one has been sent.
 */
static int
drop_markers(struct session *s)
{
	char *list = s->lib->newest_block;
	static const char markers[] = LIB_MARKERS ",";
	size_t skip = sizeof(markers) - 1;

	if (list == NULL || s->lib->newest_len <= skip ||
	    memcmp(list, markers, skip) != 0 ||
	    memchr(list, '\0', s->lib->newest_len) == NULL) {
		session_note_trouble(s, "libssh2's markers are not where they "
					"were");
		return -1;
	}
	memmove(list, list + skip, strlen(list + skip) + 1);
	return 0;
}

/*
 * Two ciphers of different kinds make libssh2 abort. And in a rekey it
 * exchanges its cipher for the newly agreed one before the old keys are out of
 * use, so a server that changes its lists could make it run one cipher on the
 * state of another. With one name in each list neither can happen.
 */
int
lib_session_pin_methods(struct session *s)
{
	static const int numbers[NEGOTIATION_LISTS] = {
		LIBSSH2_METHOD_KEX,      LIBSSH2_METHOD_HOSTKEY,
		LIBSSH2_METHOD_CRYPT_CS, LIBSSH2_METHOD_CRYPT_SC,
		LIBSSH2_METHOD_MAC_CS,   LIBSSH2_METHOD_MAC_SC,
		LIBSSH2_METHOD_COMP_CS,  LIBSSH2_METHOD_COMP_SC,
	};

	int rc = 0;

	for (size_t i = 0; i < NEGOTIATION_LISTS && rc == 0; i++) {
		char *name = negotiation_agree(s->ours.lists[i],
					       s->greeting.offer.lists[i]);

		/* with an AEAD cipher there may be no MAC */
		if (name != NULL &&
		    libssh2_session_method_pref(s->lib->raw, numbers[i],
						name) == 0 &&
		    i == NEGOTIATION_KEX)
			rc = drop_markers(s);
		free(name);
	}
	return rc;
}

/* The raw key as libssh2 has it now, and its size. Each key exchange allocates
 * a new one and forgets the last, which is freed here in its place. */
static const void *
current_host_key(struct session *s, size_t *ret_len)
{
	int type;
	const char *key = libssh2_session_hostkey(s->lib->raw, ret_len, &type);

	if (key != s->lib->tap.watched && s->lib->tap.watched != NULL)
		tap_free(&s->lib->tap, s->lib->tap.watched);
	s->lib->tap.watched = (void *)(uintptr_t)key;
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
 * the one that was accepted (docs/LIBSSH2.md). */
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

/* libssh2 wants a descriptor, which it only looks at: whether it waits. All
 * bytes go through the stream. */
static int
begin_handshake(struct session *s)
{
	int fd = stream_fd(s->stream);
	int stand_in, rc;

	if (fd >= 0)
		return libssh2_session_handshake(s->lib->raw, fd);
	stand_in = open("/dev/null", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	rc = libssh2_session_handshake(s->lib->raw, stand_in);
	if (stand_in >= 0)
		close(stand_in);
	return rc;
}

int
lib_session_await_service(struct session *s)
{
	int rc = 0;

	if (!s->lib->is_served)
		rc = begin_handshake(s);
	s->lib->is_served = rc == 0;
	return rc;
}

enum step
lib_session_handshake(struct session *s, struct err *e)
{
	int rc;

	if (s->lib->is_handshaken)
		return STEP_DONE;
	lib_session_open_gate(s, SESSION_TURN_BYTES);
	rc = lib_session_await_service(s);
	lib_session_close_gate(s);
	/* the key exchange is over once the next thing was asked for */
	if (rc == 0 || (rc == LIBSSH2_ERROR_EAGAIN && s->lib->has_asked)) {
		keep_host_key(s);
		s->lib->is_handshaken = true;
		return STEP_DONE;
	}
	if (rc == LIBSSH2_ERROR_EAGAIN)
		return STEP_AGAIN;
	/* whatever it was, this session cannot go on */
	lib_session_note_error(s, rc);
	session_explain(s, e);
	return STEP_FAIL;
}

void
lib_session_open_gate(struct session *s, size_t budget)
{
	s->lib->gate_open = true;
	s->lib->budget = budget;
	s->lib->ran_out = false;
}

void
lib_session_close_gate(struct session *s)
{
	s->lib->gate_open = false;
	tap_look(&s->lib->tap);
	if (s->lib->is_handshaken && s->end == SESSION_ALIVE)
		check_host_key(s);
}
