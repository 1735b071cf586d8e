/* The lists that are offered. */
#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "conf/algorithm_names.h"
#include "ssh/algorithms.h"
#include "tap.h"

#define GCM128 "aes128-gcm@openssh.com"
#define GCM256 "aes256-gcm@openssh.com"
#define CHACHA "chacha20-poly1305@openssh.com"
/* Stands for the whole default. */
#define CIPHERS "*"
/* What libssh2 can be trusted with. */
#define SAFE_CIPHERS GCM128 "," GCM256
#define ETM                                                                    \
	"hmac-sha2-256-etm@openssh.com,"                                       \
	"hmac-sha2-512-etm@openssh.com"
#define MACS "hmac-sha2-256,hmac-sha2-512"
#define HOST_KEYS                                                              \
	"ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"                 \
	"ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256"

static const struct {
	enum algorithm_kind kind;
	const char *list, *result;
} cases[] = {
	{ ALGORITHM_CIPHER, NULL, CIPHERS },
	{ ALGORITHM_CIPHER, "", CIPHERS },
	{ ALGORITHM_MAC, NULL, MACS },
	{ ALGORITHM_HOST_KEY, NULL, HOST_KEYS },
	/* a plain list: its order, without what is not there */
	{ ALGORITHM_CIPHER, "aes256-ctr,aes128-ctr", "aes256-ctr,aes128-ctr" },
	{ ALGORITHM_CIPHER, "rot13,aes256-ctr,xor", "aes256-ctr" },
	{ ALGORITHM_CIPHER, "aes256-ctr,aes256-ctr", "aes256-ctr" },
	{ ALGORITHM_CIPHER, ",,aes256-ctr,", "aes256-ctr" },
	{ ALGORITHM_MAC, "hmac-sha1", "hmac-sha1" },
	/* appended */
	{ ALGORITHM_CIPHER, "+aes128-cbc", CIPHERS ",aes128-cbc" },
	{ ALGORITHM_CIPHER, "+" CHACHA, CIPHERS "," CHACHA },
	{ ALGORITHM_CIPHER, "^" CHACHA, CHACHA "," CIPHERS },
	{ ALGORITHM_MAC, "+" ETM, MACS "," ETM },
	{ ALGORITHM_CIPHER, "+", CIPHERS },
	{ ALGORITHM_CIPHER, "+rot13", CIPHERS },
	{ ALGORITHM_MAC, "+hmac-sha1,hmac-sha1-etm@openssh.com",
	  MACS ",hmac-sha1,hmac-sha1-etm@openssh.com" },
	{ ALGORITHM_HOST_KEY, "+ssh-rsa", HOST_KEYS ",ssh-rsa" },
	/* removed */
	{ ALGORITHM_CIPHER, "-aes128*," CHACHA, GCM256 },
	{ ALGORITHM_CIPHER, "-aes*", NULL },
	{ ALGORITHM_CIPHER, "-rot13", CIPHERS },
	{ ALGORITHM_CIPHER, "-", CIPHERS },
	{ ALGORITHM_HOST_KEY, "-*rsa*,*dsa*", "ssh-ed25519" },
	/* put in front */
	{ ALGORITHM_MAC, "^hmac-sha2-256", "hmac-sha2-256,hmac-sha2-512" },
	{ ALGORITHM_CIPHER, "^aes128-cbc", "aes128-cbc," CIPHERS },
	{ ALGORITHM_CIPHER, "^rot13", CIPHERS },
	{ ALGORITHM_MAC, "^hmac-sha1", "hmac-sha1," MACS },
	{ ALGORITHM_HOST_KEY, "^rsa-sha2-256,rsa-sha2-512",
	  "rsa-sha2-256,rsa-sha2-512,ssh-ed25519,ecdsa-sha2-nistp256,"
	  "ecdsa-sha2-nistp384,ecdsa-sha2-nistp521" },
	/* signatures, which libssh2 has no list of */
	{ ALGORITHM_SIGNATURE, "ssh-ed25519", "ssh-ed25519" },
	{ ALGORITHM_SIGNATURE, "ssh-rsa", "ssh-rsa" },
	{ ALGORITHM_SIGNATURE, "rsa-sha2-*",
	  "rsa-sha2-256,rsa-sha2-256-cert-v01@openssh.com,"
	  "rsa-sha2-512,rsa-sha2-512-cert-v01@openssh.com" },
	/* nothing left */
	{ ALGORITHM_CIPHER, "rot13", NULL },
	{ ALGORITHM_CIPHER, ",", NULL },
	{ ALGORITHM_CIPHER, "-*", NULL },
	{ ALGORITHM_CIPHER, "none", NULL },
	{ ALGORITHM_CIPHER, "AES256-CTR", NULL },
	{ ALGORITHM_CIPHER, "!aes256-ctr", NULL },
	{ ALGORITHM_CIPHER, "aes256-ct", NULL },
	{ ALGORITHM_MAC, "none", NULL },
	{ ALGORITHM_KEX, "ext-info-c", NULL },
	{ ALGORITHM_KEX, "kex-strict-c-v00@openssh.com", NULL },
	{ ALGORITHM_HOST_KEY, "ssh-ed25519-cert-v01@openssh.com", NULL },
};

static bool
list_has(const char *list, const char *name)
{
	struct strv names = STRV_INIT;
	bool found;

	strv_split(&names, list, ",");
	found = strv_has(&names, name);
	strv_clear(&names);
	return found;
}

/* Does the result need something that a libssh2 can be built without? */
static bool
is_impossible(enum algorithm_kind kind, const char *result)
{
	static const char *const old[] = { "hmac-sha1", "aes128-cbc",
					   "ssh-rsa" };
	char *there = algorithms_supported(SESSION_LIBSSH2, kind);
	bool is_missing = false;

	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++)
		if (list_has(result, old[i]) && !list_has(there, old[i]))
			is_missing = true;
	free(there);
	return is_missing;
}

/* The first star of a list of ciphers is the default. */
static char *
expand(const char *result)
{
	const char *star = strchr(result, '*');

	if (star == NULL)
		return xstrdup(result);
	return xasprintf("%.*s%s%s", (int)(star - result), result, SAFE_CIPHERS,
			 star + 1);
}

/* Has this libssh2 the faults that are known? */
static bool
is_library_old(void)
{
	unsigned major = 0, minor = 0;

	sscanf(session_library_version(), "%u.%u", &major, &minor);
	return major == 1 && minor < 12;
}

/* Our own engine can be trusted with all of them. */
static void
test_native(void)
{
	static const char *const names[] = { GCM128, CHACHA, "aes128-ctr" };
	struct err e = { .kind = ERR_NONE };
	bool is_fast =
	    algorithms_gcm_is_fast(OPENSSL_info(OPENSSL_INFO_CPU_SETTINGS));
	char *list =
	    algorithms_resolve(SESSION_NATIVE, ALGORITHM_CIPHER, NULL, &e);
	char *macs =
	    algorithms_resolve(SESSION_NATIVE, ALGORITHM_MAC, NULL, &e);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ok(list_has(list, names[i]), "%s is offered", names[i]);
	ok(str_starts(list, is_fast ? GCM128 "," GCM256 : CHACHA),
	   "the fastest first");
	ok(str_starts(macs, ETM), "MACs of what is encrypted first");
	free(list);
	free(macs);
}

static void
test_cases(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = { .kind = ERR_NONE };
		const char *list = cases[i].list, *result = cases[i].result;
		char *want = result != NULL ? expand(result) : NULL;
		char *got;

		if (!is_library_old() ||
		    (want != NULL && is_impossible(cases[i].kind, want))) {
			skip("not in this libssh2: %s", list);
			free(want);
			continue;
		}
		got = algorithms_resolve(SESSION_LIBSSH2, cases[i].kind, list,
					 &e);
		is_str(got, want, "%d: %s", (int)cases[i].kind,
		       list != NULL ? list : "(default)");
		ok((got == NULL) == (e.kind == ERR_CONF), "error: %s", e.text);
		free(got);
		free(want);
	}
}

/* By default, what is old is not offered; when asked for, it is. */
static void
test_legacy(void)
{
	static const struct {
		enum algorithm_kind kind;
		const char *name;
	} old[] = {
		{ ALGORITHM_KEX, "diffie-hellman-group1-sha1" },
		{ ALGORITHM_KEX, "diffie-hellman-group14-sha1" },
		{ ALGORITHM_KEX, "diffie-hellman-group-exchange-sha1" },
		{ ALGORITHM_HOST_KEY, "ssh-rsa" },
		{ ALGORITHM_CIPHER, "aes256-cbc" },
		{ ALGORITHM_CIPHER, "3des-cbc" },
		{ ALGORITHM_MAC, "hmac-sha1" },
		{ ALGORITHM_SIGNATURE, "ssh-rsa" },
	};

	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		struct err e = { .kind = ERR_NONE };
		char *normal =
		    algorithms_resolve(SESSION_LIBSSH2, old[i].kind, NULL, &e);
		char *all =
		    algorithms_resolve(SESSION_LIBSSH2, old[i].kind, "*", &e);
		char *there =
		    algorithms_supported(SESSION_LIBSSH2, old[i].kind);

		ok(!list_has(normal, old[i].name), "%s is not offered",
		   old[i].name);
		if (list_has(there, old[i].name))
			ok(list_has(all, old[i].name), "%s is under \"*\"",
			   old[i].name);
		else
			skip("this libssh2 has no %s", old[i].name);
		is_str(all, there, "\"*\" is all there is");
		free(normal);
		free(all);
		free(there);
	}
}

/* Not everywhere is every method there, but these are. */
static void
test_kex(void)
{
	struct err e = { .kind = ERR_NONE };
	char *list =
	    algorithms_resolve(SESSION_LIBSSH2, ALGORITHM_KEX, NULL, &e);
	char *all = algorithms_supported(SESSION_LIBSSH2, ALGORITHM_KEX);

	ok(list_has(list, "curve25519-sha256"), "curve25519");
	ok(list_has(list, "ecdh-sha2-nistp256"), "nistp256");
	ok(list_has(list, "diffie-hellman-group14-sha256"), "group 14");
	ok(!is_library_old() ||
	       !list_has(list, "diffie-hellman-group-exchange-sha256"),
	   "no group of the server's choice");
	ok(!list_has(all, "ext-info-c") &&
	       !list_has(all, "kex-strict-c-v00@openssh.com"),
	   "markers are no methods");
	free(list);
	free(all);
}

static void
test_error(void)
{
	struct err e = { .kind = ERR_NONE };
	char *all = algorithms_supported(SESSION_LIBSSH2, ALGORITHM_CIPHER);

	ok(algorithms_resolve(SESSION_LIBSSH2, ALGORITHM_CIPHER, "rot13", &e) ==
	       NULL,
	   "rot13");
	ok(strstr(e.text, "\"rot13\"") != NULL, "the error names the list");
	ok(strstr(e.text, all) != NULL, "and says what there is");
	free(all);
}

static void
test_is_fast(void)
{
	static const struct {
		const char *text;
		bool is_fast;
	} settings[] = {
		{ "OPENSSL_ia32cap=0xfffa3203078bffff:0x405fc6f1bf07ab", true },
		{ "OPENSSL_ia32cap=0xfffa3203078bffff:0x0:0x0:0x0", true },
		{ "OPENSSL_ia32cap=0xfffa3203078bffff", true },
		{ "OPENSSL_ia32cap=0xfdfa3203078bffff:0x0", false },
		{ "OPENSSL_ia32cap=0xfffa3201078bffff:0x0", false },
		{ "OPENSSL_ia32cap=", false },
		{ "OPENSSL_armcap=0x7d", true },
		{ "OPENSSL_armcap=0x79", false },
		{ "OPENSSL_armcap=0x5d", false },
		{ "OPENSSL_ppccap=0xffffffffffffffff", false },
		{ "", false },
		{ NULL, false },
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		ok(algorithms_gcm_is_fast(settings[i].text) ==
		       settings[i].is_fast,
		   "\"%s\"", settings[i].text ? settings[i].text : "(null)");
}

static void
test_post_quantum(void)
{
	ok(algorithms_is_post_quantum("mlkem768x25519-sha256") &&
	       algorithms_is_post_quantum("sntrup761x25519-sha512"),
	   "post-quantum methods");
	ok(!algorithms_is_post_quantum("curve25519-sha256") &&
	       !algorithms_is_post_quantum(""),
	   "and others");
}

/* What an engine has may be named in a configuration. */
static void
test_named(enum session_engine engine)
{
	static const struct {
		enum algorithm_kind kind;
		enum algorithm_names names;
	} lists[] = {
		{ ALGORITHM_KEX, ALGORITHM_NAMES_KEX },
		{ ALGORITHM_HOST_KEY, ALGORITHM_NAMES_KEY },
		{ ALGORITHM_CIPHER, ALGORITHM_NAMES_CIPHER },
		{ ALGORITHM_MAC, ALGORITHM_NAMES_MAC },
		{ ALGORITHM_SIGNATURE, ALGORITHM_NAMES_KEY },
	};

	if (!session_has_engine(engine))
		return;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		char *names = algorithms_supported(engine, lists[i].kind);

		ok(algorithm_names_are_known(lists[i].names, names), "%s",
		   names);
		free(names);
	}
}

int
main(void)
{
	log_set_level(LOG_LEVEL_QUIET);
	test_cases();
	test_native();
	test_legacy();
	test_kex();
	test_error();
	test_is_fast();
	test_post_quantum();
	test_named(SESSION_NATIVE);
	test_named(SESSION_LIBSSH2);
	return done_testing();
}
