#include "conf/letters.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "conf/conf.h"

#define ALONE "1246AaCfGgKkMNnqsTtVvXxYyZ"
#define WITH_VALUE "BbcDEeFIiJLlmOopPQRSWw"

const char *
conf_usage(void)
{
	return "usage: hawser [-46AaCfGgKkMNnqsTtVvXxYyZ]"
	       " [-B bind_interface]\n"
	       "              [-b bind_address] [-c cipher_spec]\n"
	       "              [-D [bind_address:]port] [-E log_file]"
	       " [-e escape_char]\n"
	       "              [-F configfile] [-I pkcs11]"
	       " [-i identity_file]\n"
	       "              [-J destination] [-L address]"
	       " [-l login_name]\n"
	       "              [-m mac_spec] [-O ctl_cmd] [-o option]"
	       " [-P tag] [-p port]\n"
	       "              [-R address] [-S ctl_path] [-W host:port]\n"
	       "              [-w local_tun[:remote_tun]]\n"
	       "              destination [command [argument ...]]\n"
	       "       hawser [-Q query_option]\n";
}

/* What is said about a bad value: before it, and after its closing quote. */
static const struct {
	char letter;
	const char *before, *after;
} complaints[] = {
	{ 'c', "Unknown cipher type", "" },
	{ 'D', "Bad dynamic forwarding specification", "" },
	{ 'e', "Bad escape character", "." },
	{ 'L', "Bad local forwarding specification", "" },
	{ 'm', "Unknown mac type", "" },
	{ 'p', "Bad port", "" },
	{ 'R', "Bad remote forwarding specification", "" },
	{ 'w', "Bad tun device", "" },
	{ 'W', "Bad stdio forwarding specification", "" },
};

#define N_COMPLAINTS (sizeof(complaints) / sizeof(complaints[0]))

int
letters_bad_value(const struct letter *l, struct err *e)
{
	for (size_t i = 0; i < N_COMPLAINTS; i++)
		if (complaints[i].letter == l->name)
			return err_set(e, ERR_USAGE, "%s '%s'%s\n",
				       complaints[i].before, l->value,
				       complaints[i].after);
	return err_set(e, ERR_USAGE, "-%c: bad value '%s'\n", l->name,
		       l->value);
}

int
letters_usage_error(const char *problem, struct err *e)
{
	if (problem == NULL)
		return err_set(e, ERR_USAGE, "%s", conf_usage());
	return err_set(e, ERR_USAGE, "%s\n%s", problem, conf_usage());
}

static int
letter_error(const char *problem, char letter, struct err *e)
{
	char line[80];

	snprintf(line, sizeof(line), "%s -- %c", problem, letter);
	return letters_usage_error(line, e);
}

/* Step to the next word that holds options; false if there is none. */
static bool
open_bundle(struct letters *at)
{
	const char *word;

	if (at->ended || at->next >= at->argc)
		return false;
	word = at->argv[at->next];
	if (word[0] != '-' || word[1] == '\0')
		return false;
	at->next++;
	if (strcmp(word, "--") == 0) {
		at->ended = true;
		return false;
	}
	at->bundle = word + 1;
	return true;
}

int
letters_next(struct letters *at, struct letter *ret_letter, struct err *e)
{
	struct letter l = { '\0', NULL };

	if (at->bundle == NULL && !open_bundle(at))
		return 0;
	l.name = *at->bundle++;
	if (strchr(WITH_VALUE, l.name) != NULL) {
		if (*at->bundle == '\0' && at->next >= at->argc)
			return letter_error("option requires an argument",
					    l.name, e);
		l.value =
		    *at->bundle != '\0' ? at->bundle : at->argv[at->next++];
		at->bundle = NULL;
	} else if (strchr(ALONE, l.name) == NULL) {
		return letter_error("unknown option", l.name, e);
	} else if (*at->bundle == '\0') {
		at->bundle = NULL;
	}
	*ret_letter = l;
	return 1;
}
