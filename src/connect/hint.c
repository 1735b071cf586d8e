#include "connect/hint.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "ssh/algorithms.h"
#include "ssh/negotiation.h"

static const struct {
	const char *words; /* of negotiation_settle() */
	const char *keyword;
	enum algorithm_kind kind;
} lists[] = {
	{ "no matching key exchange method found. Their offer: ",
	  "KexAlgorithms", ALGORITHM_KEX },
	{ "no matching host key type found. Their offer: ", "HostKeyAlgorithms",
	  ALGORITHM_HOST_KEY },
	{ "no matching cipher found. Their offer: ", "Ciphers",
	  ALGORITHM_CIPHER },
	{ "no matching MAC found. Their offer: ", "MACs", ALGORITHM_MAC },
};

/* What both have, if it is one of our defaults; the caller frees it. */
static char *
agree_by_default(enum session_engine engine, enum algorithm_kind kind,
		 const char *theirs)
{
	struct err ignored = { .kind = ERR_NONE };
	char *ours = algorithms_resolve(engine, kind, NULL, &ignored);
	char *common = ours != NULL ? negotiation_agree(theirs, ours) : NULL;

	free(ours);
	return common;
}

static void
add(enum session_engine engine, size_t i, const char *offer, struct err *e)
{
	char *theirs = xstrndup(offer, strcspn(offer, " "));
	char *ours = algorithms_supported(engine, lists[i].kind);
	char *usual = agree_by_default(engine, lists[i].kind, theirs);
	char *common = negotiation_agree(theirs, ours);

	if (usual != NULL)
		err_hint(e,
			 "%s is on by default: the %s that were chosen for "
			 "this host leave it out.",
			 usual, lists[i].keyword);
	else if (common != NULL)
		err_hint(e,
			 "It is too weak to be on by default. For this host "
			 "alone: -o %s=+%s, or the same in its Host block.",
			 lists[i].keyword, common);
	else
		err_hint(e, "None of them is built in: the server has to be "
			    "brought up to date.");
	free(common);
	free(usual);
	free(ours);
	free(theirs);
}

void
hint_disagreement(enum session_engine engine, struct err *e)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const char *at = strstr(e->text, lists[i].words);

		if (at != NULL) {
			add(engine, i, at + strlen(lists[i].words), e);
			return;
		}
	}
}
