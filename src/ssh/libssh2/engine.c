/* The table of engine.h for libssh2. */
#include <openssl/evp.h>
#include <string.h>

#include "base/match.h"
#include "base/str.h"
#include "base/strv.h"
#include "ssh/libssh2/internal.h"

#define FIRST_SAFE_VERSION 0x010c00
/* What libssh2 puts into one packet, and a bit less. */
#define TEXTS_MAX 34000

static bool
can(const struct session *s, enum session_ability ability)
{
	(void)s;
	switch (ability) {
	case SESSION_PROBE:
		return true;
	case SESSION_REMOTE_UNIX:
	case SESSION_REKEY:
	case SESSION_BREAK:
	case SESSION_CHAFF:
	case SESSION_POST_QUANTUM:
	case SESSION_HOST_PROOF:
	case SESSION_HOSTBASED:
	case SESSION_GSSAPI:
	case SESSION_SIGN_FIRST:
	case SESSION_KEYS_APART:
	case SESSION_LATE_ANSWERS:
	case SESSION_EARLY_START:
	case SESSION_PROXY:
		break;
	}
	return false;
}

/* Never, as can() says. */
static void
allow_early_start(struct session *s)
{
	(void)s;
}

static bool
may_have_started(const struct session *s)
{
	(void)s;
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
	case ALGORITHM_CA_SIGNATURE:
		break;
	}
	return -1;
}

/* What libssh2 was built with, without markers and certificate types, which
 * it cannot verify (docs/LIBSSH2.md). */
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

/*
 * Up to 1.11.1, a server can make libssh2 overwrite memory under *-etm MACs
 * and ChaCha20-Poly1305, and one wrong bit makes it abort under AES-CTR; group
 * sizes are fixed, and groups and values not checked.
 */
static const char *
unsafe(enum algorithm_kind kind)
{
	if (libssh2_version(FIRST_SAFE_VERSION) != NULL)
		return NULL;
	switch (kind) {
	case ALGORITHM_KEX:
		return "diffie-hellman-group-exchange-*";
	case ALGORITHM_CIPHER:
		return "chacha20-poly1305@*,*-ctr";
	case ALGORITHM_MAC:
		return "*-etm@*";
	case ALGORITHM_HOST_KEY:
	case ALGORITHM_SIGNATURE:
	case ALGORITHM_CA_SIGNATURE:
		break;
	}
	return NULL;
}

enum need { NEED_CIPHER, NEED_DIGEST, NEED_KEYS };

/* What the library asks libcrypto for; its chacha20 is its own. */
static const struct {
	enum algorithm_kind kind;
	const char *pattern;
	enum need need;
	const char *name;
} needs[] = {
	{ ALGORITHM_CIPHER, "aes128-gcm@*", NEED_CIPHER, "AES-128-GCM" },
	{ ALGORITHM_CIPHER, "aes256-gcm@*", NEED_CIPHER, "AES-256-GCM" },
	{ ALGORITHM_CIPHER, "aes128-ctr", NEED_CIPHER, "AES-128-CTR" },
	{ ALGORITHM_CIPHER, "aes192-ctr", NEED_CIPHER, "AES-192-CTR" },
	{ ALGORITHM_CIPHER, "aes256-ctr", NEED_CIPHER, "AES-256-CTR" },
	{ ALGORITHM_CIPHER, "aes128-cbc", NEED_CIPHER, "AES-128-CBC" },
	{ ALGORITHM_CIPHER, "aes192-cbc", NEED_CIPHER, "AES-192-CBC" },
	{ ALGORITHM_CIPHER, "aes256-cbc", NEED_CIPHER, "AES-256-CBC" },
	{ ALGORITHM_CIPHER, "rijndael-cbc@*", NEED_CIPHER, "AES-256-CBC" },
	{ ALGORITHM_CIPHER, "3des-cbc", NEED_CIPHER, "DES-EDE3-CBC" },
	{ ALGORITHM_CIPHER, "blowfish-cbc", NEED_CIPHER, "BF-CBC" },
	{ ALGORITHM_CIPHER, "cast128-cbc", NEED_CIPHER, "CAST5-CBC" },
	{ ALGORITHM_CIPHER, "arcfour*", NEED_CIPHER, "RC4" },
	{ ALGORITHM_MAC, "hmac-sha1*", NEED_DIGEST, "SHA1" },
	{ ALGORITHM_MAC, "hmac-sha2-256*", NEED_DIGEST, "SHA2-256" },
	{ ALGORITHM_MAC, "hmac-sha2-512*", NEED_DIGEST, "SHA2-512" },
	{ ALGORITHM_MAC, "hmac-md5*", NEED_DIGEST, "MD5" },
	{ ALGORITHM_MAC, "hmac-ripemd160*", NEED_DIGEST, "RIPEMD160" },
	{ ALGORITHM_KEX, "*-sha1", NEED_DIGEST, "SHA1" },
	{ ALGORITHM_KEX, "curve25519-*", NEED_KEYS, "X25519" },
	{ ALGORITHM_KEX, "ecdh-*", NEED_KEYS, "EC" },
	{ ALGORITHM_KEX, "diffie-hellman-*", NEED_KEYS, "DH" },
	{ ALGORITHM_HOST_KEY, "ssh-ed25519*", NEED_KEYS, "ED25519" },
	{ ALGORITHM_HOST_KEY, "ecdsa-*", NEED_KEYS, "EC" },
	{ ALGORITHM_HOST_KEY, "*rsa*", NEED_KEYS, "RSA" },
	{ ALGORITHM_HOST_KEY, "ssh-dss", NEED_KEYS, "DSA" },
	{ ALGORITHM_HOST_KEY, "ssh-rsa", NEED_DIGEST, "SHA1" },
};

static bool
is_there(enum need need, const char *name)
{
	EVP_CIPHER *cipher = NULL;
	EVP_MD *digest = NULL;
	EVP_KEYMGMT *keys = NULL;

	switch (need) {
	case NEED_CIPHER:
		cipher = EVP_CIPHER_fetch(NULL, name, NULL);
		EVP_CIPHER_free(cipher);
		break;
	case NEED_DIGEST:
		digest = EVP_MD_fetch(NULL, name, NULL);
		EVP_MD_free(digest);
		break;
	case NEED_KEYS:
		keys = EVP_KEYMGMT_fetch(NULL, name, NULL);
		EVP_KEYMGMT_free(keys);
		break;
	}
	return cipher != NULL || digest != NULL || keys != NULL;
}

/* The library lists what it was compiled for; what libcrypto is willing to do
 * today is another question. */
static bool
is_usable(enum algorithm_kind kind, const char *name)
{
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (needs[i].kind == kind &&
		    match_pattern(name, needs[i].pattern) &&
		    !is_there(needs[i].need, needs[i].name))
			return false;
	return true;
}

static const char *
version(void)
{
	return libssh2_version(0);
}

const struct engine engine_libssh2 = {
	.texts_max = TEXTS_MAX,
	.version = version,
	.init = lib_session_init,
	.free = lib_session_free,
	.can = can,
	.handshake = lib_session_handshake,
	.method_name = lib_session_method_name,
	.allow_early_open = lib_session_allow_early_open,
	.allow_early_start = allow_early_start,
	.may_have_started = may_have_started,
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
	.unsafe = unsafe,
	.is_usable = is_usable,
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
	.peek = lib_channel_peek,
	.consume = lib_channel_consume,
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
