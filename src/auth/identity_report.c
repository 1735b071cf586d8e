/* The part of identity.h that tells what each is, and what became of it. */
#include <stdlib.h>
#include <string.h>

#include "auth/identity.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "keys/key.h"

/* Where it is, if not on a disk. */
static const char *
note_of(const struct identity *id)
{
	if (id->token_key != NULL && id->path == NULL)
		return " token";
	return id->key != NULL && key_is_sk(id->key) ? " authenticator" : "";
}

char *
identity_describe(const struct identity *id)
{
	char *print = id->key != NULL
			  ? key_fingerprint(id->key, KEY_HASH_SHA256)
			  : xstrdup("");
	char *text = xasprintf("%s %s%s%s%s%s%s", identity_name(id),
			       id->key != NULL ? key_type_name(id->key) : "",
			       id->key != NULL ? " " : "", print,
			       id->is_explicit ? " explicit" : "", note_of(id),
			       id->agent_key != NULL ? " agent" : "");

	free(print);
	return text;
}

static const char *
fate_text(enum identity_fate fate)
{
	switch (fate) {
	case IDENTITY_UNTRIED:
		return "not tried";
	case IDENTITY_ABSENT:
		return "not there";
	case IDENTITY_UNREADABLE:
		return "unreadable";
	case IDENTITY_EXPOSED:
		return "not used, as others can read it";
	case IDENTITY_EXCLUDED:
		return "not tried because of IdentitiesOnly";
	case IDENTITY_NOT_ALLOWED:
		return "not tried because of PubkeyAcceptedAlgorithms";
	case IDENTITY_OFFERED:
		return "offered, and the connection ended";
	case IDENTITY_SIGNED:
		return "accepted by the server, but the connection ended "
		       "after the signature";
	case IDENTITY_TOO_SMALL:
		return "not tried because of RequiredRSASize";
	case IDENTITY_NO_PROVIDER:
		return "not tried because of SecurityKeyProvider";
	case IDENTITY_REFUSED:
		return "refused by the server";
	case IDENTITY_NO_PASSPHRASE:
		return "accepted by the server, but no passphrase was given";
	case IDENTITY_WRONG_PASSPHRASE:
		return "wrong passphrase";
	case IDENTITY_CANNOT_SIGN:
		return "accepted by the server, but cannot sign";
	case IDENTITY_BAD_SIGNATURE:
		return "accepted by the server, but not its signature";
	case IDENTITY_PARTIAL:
		return "accepted, but the server wants another method too";
	case IDENTITY_ACCEPTED:
		return "accepted";
	}
	return "";
}

static const char *
source_text(const struct identity *id)
{
	if (id->path == NULL && id->token_key != NULL)
		return "token";
	if (id->path == NULL && !id->is_explicit)
		return "agent";
	if (id->path == NULL)
		return id->agent_key != NULL ? "certificate, in agent"
					     : "certificate";
	if (id->agent_key != NULL)
		return id->is_explicit ? "named, in agent" : "file, in agent";
	return id->is_explicit ? "named" : "default file";
}

size_t
identities_count(const struct identities *list, enum identity_fate fate)
{
	size_t n = 0;

	for (size_t i = 0; i < list->len; i++)
		n += list->items[i].fate == fate;
	return n;
}

void
identities_report(const struct identities *list, struct strv *lines)
{
	for (size_t i = 0; i < list->len; i++) {
		const struct identity *id = &list->items[i];
		const char *name = identity_name(id);
		char *shown = str_visible_line(name, strlen(name));
		char *print = id->key != NULL
				  ? key_fingerprint(id->key, KEY_HASH_SHA256)
				  : xstrdup("");
		char *line = xasprintf(
		    "  %s%s%s%s%s [%s]: %s%s%s", shown,
		    id->key != NULL ? " " : "",
		    id->key != NULL ? key_type_name(id->key) : "",
		    *print != '\0' ? " " : "", print, source_text(id),
		    fate_text(id->fate), id->detail != NULL ? ": " : "",
		    id->detail != NULL ? id->detail : "");

		/* default files that do not exist are no news */
		if (id->fate != IDENTITY_ABSENT || id->is_explicit)
			strv_add(lines, line);
		free(line);
		free(print);
		free(shown);
	}
}
