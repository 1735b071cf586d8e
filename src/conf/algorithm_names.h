/*
 * algorithm_names - which algorithms a list of the user's may name.
 */
#ifndef CONF_ALGORITHM_NAMES_H
#define CONF_ALGORITHM_NAMES_H

#include <stdbool.h>

/* Which names a keyword takes. */
enum algorithm_names {
	ALGORITHM_NAMES_KEX,
	ALGORITHM_NAMES_CIPHER,
	ALGORITHM_NAMES_MAC,
	ALGORITHM_NAMES_KEY,
};

/*
 * Is list made of names, or of patterns that select some, that ssh or hawser
 * knows? Whether hawser has them is another question: a file may be shared. It
 * may begin with + or ^; after - everything goes, for it only takes away.
 */
bool algorithm_names_are_known(enum algorithm_names which, const char *list);

#endif
