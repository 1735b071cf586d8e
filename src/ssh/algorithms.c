#include "ssh/algorithms.h"

#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/match.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "ssh/engine.h"

/* The kinds of keys that sign, of hosts and of users. */
#define PLAIN_SIGNATURES                                                       \
	"ssh-ed25519,"                                                         \
	"ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,"         \
	"sk-ssh-ed25519@openssh.com,"                                          \
	"sk-ecdsa-sha2-nistp256@openssh.com,"                                  \
	"rsa-sha2-512,rsa-sha2-256"

#define SIGNATURES                                                             \
	"ssh-ed25519-cert-v01@openssh.com,"                                    \
	"ecdsa-sha2-nistp256-cert-v01@openssh.com,"                            \
	"ecdsa-sha2-nistp384-cert-v01@openssh.com,"                            \
	"ecdsa-sha2-nistp521-cert-v01@openssh.com,"                            \
	"sk-ssh-ed25519-cert-v01@openssh.com,"                                 \
	"sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,"                         \
	"rsa-sha2-512-cert-v01@openssh.com,"                                   \
	"rsa-sha2-256-cert-v01@openssh.com," PLAIN_SIGNATURES

/* What a kind of list is called, and our default for it, of which an engine
 * has a part. */
static const struct {
	const char *what;
	const char *defaults;
} kinds[] = {
	[ALGORITHM_KEX] = {
		"key exchange",
		"mlkem768x25519-sha256,"
		"curve25519-sha256,curve25519-sha256@libssh.org,"
		"ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
		"diffie-hellman-group-exchange-sha256,"
		"diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
		"diffie-hellman-group14-sha256",
	},
	[ALGORITHM_HOST_KEY] = {
		"host key",
		SIGNATURES,
	},
	[ALGORITHM_CIPHER] = {
		"cipher",
		"chacha20-poly1305@openssh.com,"
		"aes128-ctr,aes192-ctr,aes256-ctr,"
		"aes128-gcm@openssh.com,aes256-gcm@openssh.com",
	},
	[ALGORITHM_MAC] = {
		"MAC",
		"hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,"
		"hmac-sha2-256,hmac-sha2-512",
	},
	[ALGORITHM_SIGNATURE] = {
		"signature",
		SIGNATURES,
	},
	[ALGORITHM_CA_SIGNATURE] = {
		"signature",
		PLAIN_SIGNATURES,
	},
};

/* Those of old servers, too: never offered unless asked for. */
const char algorithms_signatures[] =
    "ssh-ed25519,ssh-ed25519-cert-v01@openssh.com,"
    "sk-ssh-ed25519@openssh.com,sk-ssh-ed25519-cert-v01@openssh.com,"
    "ecdsa-sha2-nistp256,ecdsa-sha2-nistp256-cert-v01@openssh.com,"
    "ecdsa-sha2-nistp384,ecdsa-sha2-nistp384-cert-v01@openssh.com,"
    "ecdsa-sha2-nistp521,ecdsa-sha2-nistp521-cert-v01@openssh.com,"
    "sk-ecdsa-sha2-nistp256@openssh.com,"
    "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,"
    "ssh-rsa,ssh-rsa-cert-v01@openssh.com,"
    "rsa-sha2-256,rsa-sha2-256-cert-v01@openssh.com,"
    "rsa-sha2-512,rsa-sha2-512-cert-v01@openssh.com";

/* The same without certificates, as one cannot sign another. */
static const char all_ca_signatures[] =
    "ssh-ed25519,sk-ssh-ed25519@openssh.com,"
    "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,"
    "sk-ecdsa-sha2-nistp256@openssh.com,ssh-rsa,rsa-sha2-256,rsa-sha2-512";

/* What signs logins, and certificates, is our own work, with every engine. */
static bool
is_ours(enum algorithm_kind kind)
{
	return kind == ALGORITHM_SIGNATURE || kind == ALGORITHM_CA_SIGNATURE;
}

/* All names that may be used at all. */
static void
supported(enum session_engine engine, enum algorithm_kind kind,
	  struct strv *ret_names)
{
	if (is_ours(kind)) {
		strv_split(ret_names,
			   kind == ALGORITHM_SIGNATURE ? algorithms_signatures
						       : all_ca_signatures,
			   ",");
		return;
	}
	engine_find(engine)->algorithms(kind, ret_names);
}

/* Take out what libcrypto does not do, or not any more. Names that are certain
 * (may be NULL) are left unasked: it takes libcrypto a while to answer. */
static void
drop_unusable(enum session_engine engine, enum algorithm_kind kind,
	      const struct strv *certain, struct strv *names)
{
	const struct engine *here = engine_find(engine);
	struct strv kept = STRV_INIT;

	if (is_ours(kind))
		return;
	for (size_t i = 0; i < names->len; i++) {
		const char *name = names->items[i];

		if ((certain != NULL && strv_has(certain, name)) ||
		    here->is_usable(kind, name))
			strv_add(&kept, name);
		else
			log_debug("%s algorithm %s is not supported by "
				  "libcrypto: dropped",
				  kinds[kind].what, name);
	}
	strv_clear(names);
	*names = kept;
}

char *
algorithms_supported(enum session_engine engine, enum algorithm_kind kind)
{
	struct strv names = STRV_INIT;
	char *joined;

	supported(engine, kind, &names);
	drop_unusable(engine, kind, NULL, &names);
	joined = strv_join(&names, ",");
	strv_clear(&names);
	return joined;
}

/* Append each name of from that matches one of the patterns (or, inverted,
 * none of them) and is not there yet. */
static void
add_matching(struct strv *to, const struct strv *from, const char *patterns,
	     bool inverted)
{
	for (size_t i = 0; i < from->len; i++) {
		bool is_match =
		    match_list(from->items[i], patterns, false) == MATCH_YES;

		if (is_match != inverted && !strv_has(to, from->items[i]))
			strv_add(to, from->items[i]);
	}
}

/* The names that the user listed, in that order: wildcards select from what
 * we have, unknown names are dropped. */
static void
add_listed(struct strv *to, const char *list, const struct strv *have,
	   const char *what)
{
	struct strv items = STRV_INIT;

	strv_split(&items, list, ",");
	for (size_t i = 0; i < items.len; i++) {
		size_t before = to->len;

		add_matching(to, have, items.items[i], false);
		if (to->len == before && !strv_has(to, items.items[i]))
			log_debug("%s algorithm %s is not supported: dropped",
				  what, items.items[i]);
	}
	strv_clear(&items);
}

/* From OPENSSL_ia32cap(3), in the first number, and OpenSSL's arm_arch.h. */
#define X86_AES (1ULL << 57)
#define X86_PCLMULQDQ (1ULL << 33)
#define ARM_AES (1ULL << 2)
#define ARM_PMULL (1ULL << 5)

static bool
has_bits(const char *number, unsigned long long bits)
{
	return (strtoull(number, NULL, 16) & bits) == bits;
}

bool
algorithms_gcm_is_fast(const char *settings)
{
	static const char x86[] = "OPENSSL_ia32cap=";
	static const char arm[] = "OPENSSL_armcap=";

	if (settings == NULL)
		return false;
	if (str_starts(settings, x86))
		return has_bits(settings + strlen(x86),
				X86_AES | X86_PCLMULQDQ);
	if (str_starts(settings, arm))
		return has_bits(settings + strlen(arm), ARM_AES | ARM_PMULL);
	return false;
}

bool
algorithms_is_post_quantum(const char *kex)
{
	return str_starts(kex, "mlkem") || str_starts(kex, "sntrup");
}

/* Which of the defaults come before the others: NULL, or a pattern. */
static const char *
favourites(enum algorithm_kind kind)
{
	bool is_fast =
	    algorithms_gcm_is_fast(OPENSSL_info(OPENSSL_INFO_CPU_SETTINGS));

	return kind == ALGORITHM_CIPHER && is_fast ? "*-gcm@*" : NULL;
}

/* May the engine use it though nobody has named it? */
static bool
is_safe(const struct engine *engine, enum algorithm_kind kind, const char *name)
{
	const char *unsafe =
	    engine->unsafe != NULL ? engine->unsafe(kind) : NULL;

	return unsafe == NULL || match_list(name, unsafe, false) != MATCH_YES;
}

/* Our default, as far as the engine has it. */
static void
add_default(struct strv *to, enum session_engine engine,
	    enum algorithm_kind kind, const struct strv *have)
{
	struct strv names = STRV_INIT, ours = STRV_INIT;
	const char *first = favourites(kind);

	strv_split(&names, kinds[kind].defaults, ",");
	for (size_t i = 0; i < names.len; i++)
		if (strv_has(have, names.items[i]) &&
		    is_safe(engine_find(engine), kind, names.items[i]))
			strv_add(&ours, names.items[i]);
	if (first != NULL)
		add_matching(to, &ours, first, false);
	add_matching(to, &ours, "*", false);
	strv_clear(&names);
	strv_clear(&ours);
}

char *
algorithms_resolve(enum session_engine engine, enum algorithm_kind kind,
		   const char *list, struct err *e)
{
	struct strv have = STRV_INIT, defaults = STRV_INIT, names = STRV_INIT;
	const char *what = kinds[kind].what;
	char *result = NULL, *all;

	supported(engine, kind, &have);
	add_default(&defaults, engine, kind, &have);
	if (list == NULL || *list == '\0') {
		strv_copy(&names, &defaults);
	} else if (*list == '+') {
		strv_copy(&names, &defaults);
		add_listed(&names, list + 1, &have, what);
	} else if (*list == '-') {
		add_matching(&names, &defaults, list + 1, true);
	} else if (*list == '^') {
		add_listed(&names, list + 1, &have, what);
		add_default(&names, engine, kind, &have);
	} else {
		add_listed(&names, list, &have, what);
	}
	drop_unusable(engine, kind, &defaults, &names);
	if (names.len > 0) {
		result = strv_join(&names, ",");
	} else {
		all = algorithms_supported(engine, kind);
		err_set(e, ERR_CONF,
			"no supported %s algorithm in \"%s\"; there are: %s",
			what, list, all);
		free(all);
	}
	strv_clear(&have);
	strv_clear(&defaults);
	strv_clear(&names);
	return result;
}
