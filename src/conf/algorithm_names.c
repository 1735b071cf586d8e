#include "conf/algorithm_names.h"

#include <stddef.h>
#include <string.h>

#include "base/match.h"
#include "base/strv.h"

/* Those of OpenSSH 9.2 and later, of Debian's, and what our engines have. */

static const char *const kex[] = {
	"mlkem768x25519-sha256",
	"mlkem768nistp256-sha256",
	"mlkem1024nistp384-sha384",
	"sntrup761x25519-sha512",
	"sntrup761x25519-sha512@openssh.com",
	"curve25519-sha256",
	"curve25519-sha256@libssh.org",
	"ecdh-sha2-nistp256",
	"ecdh-sha2-nistp384",
	"ecdh-sha2-nistp521",
	"diffie-hellman-group-exchange-sha256",
	"diffie-hellman-group-exchange-sha1",
	"diffie-hellman-group18-sha512",
	"diffie-hellman-group16-sha512",
	"diffie-hellman-group14-sha256",
	"diffie-hellman-group14-sha1",
	"diffie-hellman-group1-sha1",
	"gss-gex-sha1-",
	"gss-group1-sha1-",
	"gss-group14-sha1-",
	"gss-group14-sha256-",
	"gss-group16-sha512-",
	"gss-nistp256-sha256-",
	"gss-curve25519-sha256-",
	NULL,
};

static const char *const ciphers[] = {
	"chacha20-poly1305@openssh.com",
	"aes128-gcm@openssh.com",
	"aes256-gcm@openssh.com",
	"aes128-ctr",
	"aes192-ctr",
	"aes256-ctr",
	"aes128-cbc",
	"aes192-cbc",
	"aes256-cbc",
	"rijndael-cbc@lysator.liu.se",
	"3des-cbc",
	"blowfish-cbc",
	"cast128-cbc",
	"arcfour",
	"arcfour128",
	NULL,
};

static const char *const macs[] = {
	"umac-64-etm@openssh.com",
	"umac-128-etm@openssh.com",
	"hmac-sha2-256-etm@openssh.com",
	"hmac-sha2-512-etm@openssh.com",
	"hmac-sha1-etm@openssh.com",
	"hmac-sha1-96-etm@openssh.com",
	"hmac-md5-etm@openssh.com",
	"hmac-md5-96-etm@openssh.com",
	"umac-64@openssh.com",
	"umac-128@openssh.com",
	"hmac-sha2-256",
	"hmac-sha2-512",
	"hmac-sha1",
	"hmac-sha1-96",
	"hmac-md5",
	"hmac-md5-96",
	"hmac-ripemd160",
	"hmac-ripemd160@openssh.com",
	NULL,
};

#define CERT "-cert-v01@openssh.com"

static const char *const keys[] = {
	"ssh-ed25519",
	"ssh-ed25519" CERT,
	"sk-ssh-ed25519@openssh.com",
	"sk-ssh-ed25519" CERT,
	"ecdsa-sha2-nistp256",
	"ecdsa-sha2-nistp256" CERT,
	"ecdsa-sha2-nistp384",
	"ecdsa-sha2-nistp384" CERT,
	"ecdsa-sha2-nistp521",
	"ecdsa-sha2-nistp521" CERT,
	"sk-ecdsa-sha2-nistp256@openssh.com",
	"sk-ecdsa-sha2-nistp256" CERT,
	"webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
	"ssh-dss",
	"ssh-dss" CERT,
	"ssh-rsa",
	"ssh-rsa" CERT,
	"rsa-sha2-256",
	"rsa-sha2-256" CERT,
	"rsa-sha2-512",
	"rsa-sha2-512" CERT,
	NULL,
};

static const char *const *
names_of(enum algorithm_names which)
{
	switch (which) {
	case ALGORITHM_NAMES_KEX:
		return kex;
	case ALGORITHM_NAMES_CIPHER:
		return ciphers;
	case ALGORITHM_NAMES_MAC:
		return macs;
	case ALGORITHM_NAMES_KEY:
		break;
	}
	return keys;
}

/* As in ssh, only types of keys may be meant by patterns. */
static bool
is_known(enum algorithm_names which, const char *name)
{
	const char *const *names = names_of(which);

	for (; *names != NULL; names++)
		if (which == ALGORITHM_NAMES_KEY ? match_pattern(*names, name)
						 : strcmp(*names, name) == 0)
			return true;
	return false;
}

bool
algorithm_names_are_known(enum algorithm_names which, const char *list)
{
	struct strv items = STRV_INIT;
	size_t good = 0;
	bool are_known;

	if (*list == '-')
		return true;
	strv_split(&items, list + (*list == '+' || *list == '^'), ",");
	while (good < items.len && is_known(which, items.items[good]))
		good++;
	are_known = good == items.len;
	strv_clear(&items);
	return are_known;
}
