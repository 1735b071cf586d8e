#include "auth/identity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/agent_wire.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "keys/key.h"
#include "keys/private.h"

void
identity_set_fate(struct identity *id, enum identity_fate fate,
		  const char *detail)
{
	char *copy = detail != NULL ? xstrdup(detail) : NULL;

	id->fate = fate;
	free(id->detail);
	id->detail = copy;
}

const char *
identity_name(const struct identity *id)
{
	if (id->path != NULL)
		return id->path;
	return id->comment != NULL && *id->comment != '\0' ? id->comment
							   : "(no comment)";
}

void
identities_clear(struct identities *list)
{
	for (size_t i = 0; i < list->len; i++) {
		struct identity *id = &list->items[i];

		key_free(id->key);
		key_free(id->agent_key);
		private_key_free(id->private);
		free(id->path);
		free(id->comment);
		free(id->detail);
	}
	free(list->items);
	list->items = NULL;
	list->len = 0;
}

static struct identity *
append(struct identities *list)
{
	struct identity *id;

	list->items =
	    xreallocarray(list->items, list->len + 1, sizeof(*list->items));
	id = &list->items[list->len++];
	memset(id, 0, sizeof(*id));
	return id;
}

static struct key *
key_copy(const struct key *k)
{
	struct err ignored = { .kind = ERR_NONE };

	return k != NULL ? key_from_blob(k->blob, k->len, &ignored) : NULL;
}

/* The public half of an identity file, where ssh looks for it: the file may
 * itself be a public key, have a .pub beside it, or tell without its
 * passphrase. */
static struct key *
load_public(const char *path, struct identity *id)
{
	struct err e = { .kind = ERR_NONE };
	struct key *key = key_load_public(path, NULL, &e);
	char *beside;

	if (key != NULL)
		return key;
	beside = xasprintf("%s.pub", path);
	key = key_load_public(beside, NULL, &e);
	free(beside);
	if (key != NULL)
		return key;
	switch (private_key_peek(path, &key, NULL, &e)) {
	case PRIVATE_OK:
		return key;
	case PRIVATE_ABSENT:
		identity_set_fate(id, IDENTITY_ABSENT, NULL);
		break;
	case PRIVATE_UNREADABLE:
	case PRIVATE_EXPOSED:
	case PRIVATE_BAD_FORMAT:
	case PRIVATE_ENCRYPTED:
	case PRIVATE_WRONG_PASSPHRASE:
		break; /* opening it, in its turn, asks or says what is wrong */
	}
	return NULL;
}

/* The user certificate in a file, or NULL: a host's would only use up one of
 * the server's tries. */
static struct key *
load_certificate(const char *file)
{
	struct err e = { .kind = ERR_NONE };
	struct key *cert = key_load_public(file, NULL, &e);

	if (cert != NULL && cert->cert != NULL && !cert->cert->is_host)
		return cert;
	log_debug("certificate file %s: %s", file,
		  cert == NULL         ? e.text
		  : cert->cert == NULL ? "no certificate"
				       : "not a user certificate");
	key_free(cert);
	return NULL;
}

/* A certificate, to be signed for with the key at path or by the agent. */
static struct identity *
add_certificate(struct identities *list, struct key *cert, const char *path)
{
	struct identity *id = append(list);

	id->key = cert;
	id->path = path != NULL ? xstrdup(path) : NULL;
	return id;
}

/* The one of the identity files that has the certified key, or NULL. */
static const char *
find_file(const struct strv *files, const struct key *cert)
{
	const char *found = NULL;

	for (size_t i = 0; i < files->len && found == NULL; i++) {
		struct identity probe = { .key = NULL };
		struct key *key = load_public(files->items[i], &probe);

		if (key != NULL && key_equal_plain(key, cert))
			found = files->items[i];
		key_free(key);
		free(probe.detail);
	}
	return found;
}

/* CertificateFile */
static void
add_certificate_files(struct identities *list, const struct identity_params *p)
{
	for (size_t i = 0; i < p->certificates->len; i++) {
		const char *file = p->certificates->items[i];
		struct key *cert = load_certificate(file);
		struct identity *id;

		if (cert == NULL)
			continue;
		id = add_certificate(list, cert, find_file(p->files, cert));
		id->comment = xstrdup(file);
		id->is_explicit = true;
	}
}

/* One identity file, after the certificate beside it; as in ssh, that one
 * does not count where the user named certificates. */
static void
add_file(struct identities *list, const char *path,
	 const struct identity_params *p)
{
	struct identity *id;

	if (p->certificates->len == 0) {
		char *beside = xasprintf("%s-cert.pub", path);
		struct key *cert = load_certificate(beside);

		if (cert != NULL) {
			id = add_certificate(list, cert, path);
			id->is_explicit = !p->files_are_default;
		}
		free(beside);
	}
	id = append(list);
	id->path = xstrdup(path);
	id->is_explicit = !p->files_are_default;
	id->key = load_public(path, id);
	log_debug("identity file %s type %s", path,
		  id->key != NULL ? key_type_name(id->key) : "unknown");
}

/* Does an identity already speak for exactly this key or certificate? */
static struct identity *
find_key(struct identities *list, const struct key *key)
{
	for (size_t i = 0; i < list->len; i++)
		if (list->items[i].key != NULL &&
		    key_equal(list->items[i].key, key))
			return &list->items[i];
	return NULL;
}

/* The agent's key to sign with for ours: the very one, or the plain key of a
 * certificate. */
static const struct key *
find_agent_key(const struct agent_keys *keys, const struct key *key)
{
	const struct key *found = NULL;

	for (size_t i = 0; i < keys->len; i++) {
		if (key_equal(key, keys->items[i].key))
			return keys->items[i].key;
		if (key->cert != NULL &&
		    key_equal_plain(key, keys->items[i].key))
			found = keys->items[i].key;
	}
	return found;
}

static void
mark_agent_keys(struct identities *list, const struct agent_keys *keys)
{
	for (size_t i = 0; i < list->len; i++) {
		struct identity *id = &list->items[i];

		if (id->key != NULL)
			id->agent_key = key_copy(find_agent_key(keys, id->key));
	}
}

static void
add_agent_keys(struct identities *list, const struct agent_keys *keys,
	       bool excluded)
{
	for (size_t i = 0; i < keys->len; i++) {
		const struct agent_key *k = &keys->items[i];
		struct identity *id;

		if (find_key(list, k->key) != NULL)
			continue;
		id = append(list);
		id->key = key_copy(k->key);
		id->comment = xstrdup(k->comment);
		id->agent_key = key_copy(k->key);
		if (excluded)
			identity_set_fate(id, IDENTITY_EXCLUDED, NULL);
	}
}

/* Lower goes first. */
static int
rank(const struct identity *id)
{
	if (id->is_explicit)
		return 0;
	if (id->path != NULL)
		return id->agent_key != NULL ? 1 : 3;
	return 2;
}

/* Stable: within a rank the order stays. */
static void
sort(struct identities *list)
{
	for (size_t i = 1; i < list->len; i++) {
		struct identity moving = list->items[i];
		size_t to = i;

		while (to > 0 && rank(&list->items[to - 1]) > rank(&moving)) {
			list->items[to] = list->items[to - 1];
			to--;
		}
		list->items[to] = moving;
	}
}

void
identities_gather(const struct identity_params *p,
		  const struct agent_keys *agent_keys,
		  struct identities *ret_list)
{
	struct identities list = { NULL, 0 };

	add_certificate_files(&list, p);
	for (size_t i = 0; i < p->files->len; i++)
		add_file(&list, p->files->items[i], p);
	if (agent_keys != NULL) {
		mark_agent_keys(&list, agent_keys);
		add_agent_keys(&list, agent_keys, p->only_these);
	}
	sort(&list);
	*ret_list = list;
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
	case IDENTITY_EXCLUDED:
		return "not tried because of IdentitiesOnly";
	case IDENTITY_NOT_ALLOWED:
		return "not tried because of PubkeyAcceptedAlgorithms";
	case IDENTITY_OFFERED:
		return "offered, and the connection ended";
	case IDENTITY_SIGNED:
		return "accepted by the server, but the connection ended "
		       "after the signature";
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
	if (id->path == NULL && !id->is_explicit)
		return "agent";
	if (id->path == NULL)
		return id->agent_key != NULL ? "certificate, in agent"
					     : "certificate";
	if (id->agent_key != NULL)
		return id->is_explicit ? "named, in agent" : "file, in agent";
	return id->is_explicit ? "named" : "default file";
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
