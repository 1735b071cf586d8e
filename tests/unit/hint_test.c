#include <stdio.h>

#include "base/err.h"
#include "connect/hint.h"
#include "tap.h"

#define FOUND " found. Their offer: "
#define OFF "It is too weak to be on by default. For this host alone: -o "
#define BLOCK ", or the same in its Host block."
#define NONE                                                                   \
	"None of them is built in: the server has to be brought up to date."

int
main(void)
{
	static const struct {
		const char *trouble, *hint;
	} cases[] = {
		{ "no matching key exchange method" FOUND
		  "diffie-hellman-group1-sha1,diffie-hellman-group14-sha1 "
		  "(ours: a)",
		  OFF "KexAlgorithms=+diffie-hellman-group1-sha1" BLOCK },
		{ "no matching host key type" FOUND "ssh-dss,ssh-rsa (ours: a)",
		  OFF "HostKeyAlgorithms=+ssh-rsa" BLOCK },
		{ "no matching cipher" FOUND "3des-cbc,aes128-cbc (ours: a)",
		  OFF "Ciphers=+3des-cbc" BLOCK },
		{ "no matching cipher" FOUND "arcfour", NONE },
		{ "no matching MAC" FOUND "hmac-sha1 (ours: a)",
		  OFF "MACs=+hmac-sha1" BLOCK },
		{ "no matching MAC" FOUND "\\033[2J (ours: a)", NONE },
		{ "no matching cipher" FOUND "3des-cbc,aes256-ctr (ours: a)",
		  "aes256-ctr is on by default: the Ciphers that were chosen "
		  "for this host leave it out." },
		{ "no matching compression method" FOUND "lzma (ours: none)",
		  "" },
		{ "something else", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = { .kind = ERR_NONE };

		err_set(&e, ERR_DISAGREED,
			"Unable to negotiate with 192.0.2.1 port 22: %s",
			cases[i].trouble);
		hint_disagreement(SESSION_NATIVE, &e);
		is_str(e.hint, cases[i].hint, "%s", cases[i].trouble);
	}
	return done_testing();
}
