/* The table of engine.h for libssh2. */
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "ssh/libssh2/internal.h"

static bool
can(const struct session *s, enum session_ability ability)
{
	(void)s;
	switch (ability) {
	case SESSION_REMOTE_UNIX:
	case SESSION_REKEY:
	case SESSION_BREAK:
	case SESSION_LONG_COMMAND:
	case SESSION_PUMPLESS:
		break;
	}
	return false;
}

/* libssh2's number for a kind of list; -1 where it has none. */
static int
method_of(enum algorithm_kind kind)
{
	switch (kind) {
	case ALGORITHM_KEX:
		return LIBSSH2_METHOD_KEX;
	case ALGORITHM_HOST_KEY:
		return LIBSSH2_METHOD_HOSTKEY;
	case ALGORITHM_CIPHER:
		return LIBSSH2_METHOD_CRYPT_CS;
	case ALGORITHM_MAC:
		return LIBSSH2_METHOD_MAC_CS;
	case ALGORITHM_SIGNATURE:
		break;
	}
	return -1;
}

/* What libssh2 was built with, without markers and certificate types, which
 * it cannot verify (guide section 4). */
static void
algorithms(enum algorithm_kind kind, struct strv *ret_names)
{
	LIBSSH2_SESSION *probe = libssh2_session_init();
	const char **names = NULL;
	int n;

	if (probe == NULL)
		return;
	n = libssh2_session_supported_algs(probe, method_of(kind), &names);
	for (int i = 0; i < n; i++)
		if (strstr(names[i], "-cert-v01@") == NULL &&
		    !str_starts(names[i], "ext-info-") &&
		    !str_starts(names[i], "kex-strict-") &&
		    strcmp(names[i], "none") != 0 &&
		    !strv_has(ret_names, names[i]))
			strv_add(ret_names, names[i]);
	if (n > 0)
		libssh2_free(probe, (void *)names);
	libssh2_session_free(probe);
}

const struct engine engine_libssh2 = {
	.version = lib_session_library_version,
	.init = lib_session_init,
	.free = lib_session_free,
	.can = can,
	.handshake = lib_session_handshake,
	.method_name = lib_session_method_name,
	.allow_early_open = lib_session_allow_early_open,
	.is_ahead = lib_session_is_ahead,
	.is_login_ahead = lib_session_is_login_ahead,
	.wasted_open = lib_session_wasted_open,
	.pump = lib_session_pump,
	.poll_requests = lib_session_poll_requests,
	.has_more = lib_session_has_more,
	.probe = lib_session_probe,
	.abandon_open = lib_session_abandon_open,
	.disconnect = lib_session_disconnect,
	.algorithms = algorithms,
	.none = lib_login_none,
	.send_first = lib_login_send_first,
	.knows_signatures = lib_login_knows_signatures,
	.methods = lib_login_methods,
	.banner = lib_login_banner,
	.publickey = lib_login_publickey,
	.set_signatures = lib_login_set_signatures,
	.password = lib_login_password,
	.interactive = lib_login_interactive,
	.is_done = lib_login_is_done,
	.open_session = lib_channel_open_session,
	.open_direct = lib_channel_open_direct,
	.free_channel = lib_channel_free,
	.request_env = lib_channel_request_env,
	.request_pty = lib_channel_request_pty,
	.set_size = lib_channel_set_size,
	.request_start = lib_channel_request_start,
	.read = lib_channel_read,
	.write = lib_channel_write,
	.send_eof = lib_channel_send_eof,
	.close = lib_channel_close,
	.is_closed = lib_channel_is_closed,
	.send_signal = lib_channel_send_signal,
	.exit = lib_channel_exit,
	.request_agent = lib_channel_request_agent,
	.request_x11 = lib_channel_request_x11,
	.accept_agent = lib_session_accept_agent,
	.accept_x11 = lib_session_accept_x11,
	.listen = lib_remote_listener_new,
	.accept = lib_remote_listener_accept,
	.free_listener = lib_remote_listener_free,
};
