#include "app/dump.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/err.h"
#include "conf/conf.h"
#include "ssh/algorithms.h"

static const struct {
	const char *keyword;
	enum algorithm_kind kind;
	size_t list; /* the field of struct conf */
} lists[] = {
	{ "KexAlgorithms", ALGORITHM_KEX,
	  offsetof(struct conf, kex_algorithms) },
	{ "HostKeyAlgorithms", ALGORITHM_HOST_KEY,
	  offsetof(struct conf, host_key_algorithms) },
	{ "Ciphers", ALGORITHM_CIPHER, offsetof(struct conf, ciphers) },
	{ "MACs", ALGORITHM_MAC, offsetof(struct conf, macs) },
	{ "PubkeyAcceptedAlgorithms", ALGORITHM_SIGNATURE,
	  offsetof(struct conf, pubkey_accepted_algorithms) },
	{ "HostbasedAcceptedAlgorithms", ALGORITHM_SIGNATURE,
	  offsetof(struct conf, hostbased_accepted_algorithms) },
	{ "CASignatureAlgorithms", ALGORITHM_CA_SIGNATURE,
	  offsetof(struct conf, ca_signature_algorithms) },
};

#define N_LISTS (sizeof(lists) / sizeof(lists[0]))

int
dump_write(struct conf *c, FILE *out, struct err *e)
{
	enum session_engine engine =
	    c->engine == CONF_ENGINE_LIBSSH2 ? SESSION_LIBSSH2 : SESSION_NATIVE;

	if (!session_has_engine(engine))
		engine = SESSION_NATIVE;
	for (size_t i = 0; i < N_LISTS; i++) {
		char **list = (char **)(void *)((char *)c + lists[i].list);
		char *names =
		    algorithms_resolve(engine, lists[i].kind, *list, e);

		if (names == NULL)
			return err_wrap(e, "%s", lists[i].keyword);
		free(*list);
		*list = names;
	}
	conf_dump(c, out);
	return 0;
}
