#include "ssh/negotiation_log.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "ssh/negotiation.h"

/* One side's; a server's lists may hold anything. */
static void
log_offer(const struct negotiation *offer, const char *markers)
{
	static const char *const labels[NEGOTIATION_LISTS] = {
		"KEX algorithms",   "host key algorithms", "ciphers ctos",
		"ciphers stoc",     "MACs ctos",           "MACs stoc",
		"compression ctos", "compression stoc",
	};

	for (size_t i = 0; i < NEGOTIATION_LISTS; i++) {
		const char *list = offer->lists[i];
		char *shown = str_visible_line(list, strlen(list));
		bool has_more = i == NEGOTIATION_KEX && *markers != '\0';

		log_debug2("%s: %s%s%s", labels[i], shown, has_more ? "," : "",
			   has_more ? markers : "");
		free(shown);
	}
}

void
negotiation_log_offers(const struct negotiation *ours, const char *markers,
		       const struct negotiation *theirs)
{
	if (log_get_level() < LOG_LEVEL_DEBUG2)
		return;
	log_debug2("local client KEXINIT proposal");
	log_offer(ours, markers);
	log_debug2("peer server KEXINIT proposal");
	log_offer(theirs, "");
}

static void
log_direction(const char *direction, const char *cipher, const char *mac,
	      const char *compression)
{
	log_debug("kex: %s cipher: %s MAC: %s compression: %s", direction,
		  cipher, mac != NULL ? mac : "<implicit>", compression);
}

void
negotiation_log_agreed(const struct negotiation *agreed)
{
	char *const *name = agreed->lists;

	log_debug("kex: algorithm: %s", name[NEGOTIATION_KEX]);
	log_debug("kex: host key algorithm: %s", name[NEGOTIATION_HOST_KEY]);
	log_direction("server->client", name[NEGOTIATION_CIPHER_IN],
		      name[NEGOTIATION_MAC_IN],
		      name[NEGOTIATION_COMPRESSION_IN]);
	log_direction("client->server", name[NEGOTIATION_CIPHER_OUT],
		      name[NEGOTIATION_MAC_OUT],
		      name[NEGOTIATION_COMPRESSION_OUT]);
}
