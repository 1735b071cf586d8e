#include "auth/identity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "keys/agent_wire.h"
#include "keys/key.h"
#include "keys/private_key.h"

void
identity_set_fate(struct identity *id, enum identity_fate fate,
		  const char *detail)
{
	char *copy = xstrdup_any(detail);

	id->fate = fate;
	free(id->detail);
	id->detail = copy;
}

const char *
identity_name(const struct identity *id)
{
	if (id->comment != NULL && *id->comment != '\0')
		return id->comment;
	return id->path != NULL ? id->path : "(no comment)";
}

bool
identity_is_too_small(const struct identity_params *p, const struct key *key)
{
	return key->type == KEY_RSA && key_bits(key) < p->rsa_bits;
}

void
identities_clear(struct identities *list)
{
	for (size_t i = 0; i < list->len; i++) {
		struct identity *id = &list->items[i];

		key_free(id->key);
		key_free(id->agent_key);
		key_free(id->token_key);
		free(id->token);
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

/* ssh's line, but that it has numbers for types; -1 is what people look for. */
static void
log_type(const char *file, const struct key *key)
{
	log_debug("identity file %s type %s", file,
		  key != NULL ? key_type_name(key) : "-1");
}

/* Says why not, if a certificate is of no use: a host's would only use up one
 * of the server's tries. */
static bool
is_user_certificate(const struct key *cert, const char *file,
		    const struct identity_params *p)
{
	if (cert->cert == NULL || cert->cert->is_host) {
		log_debug("certificate file %s: not a user certificate", file);
		return false;
	}
	if (!identity_is_too_small(p, cert))
		return true;
	log_error("load certificate \"%s\": Invalid key length", file);
	return false;
}

/* The user certificate in a file, or NULL. */
static struct key *
load_certificate(const char *file, const struct identity_params *p)
{
	struct err e = { .kind = ERR_NONE };
	struct key *cert = key_load_public(file, NULL, &e);

	log_type(file, cert);
	if (cert == NULL)
		log_debug3("%s", e.text);
	else if (is_user_certificate(cert, file, p))
		return cert;
	key_free(cert);
	return NULL;
}

/* The one of the identity files that has the certified key itself, or NULL. */
static const char *
find_file(const struct strv *files, const struct key *cert)
{
	const char *found = NULL;

	for (size_t i = 0; i < files->len && found == NULL; i++) {
		struct identity probe = { .key = NULL };
		struct key *key = load_public(files->items[i], &probe);

		if (key != NULL && key->cert == NULL &&
		    key_equal_plain(key, cert))
			found = files->items[i];
		key_free(key);
		free(probe.detail);
	}
	return found;
}

/* Have a certificate called by its own file, and signed for with the key that
 * is in one of the identity files. */
static void
name_certificate(struct identity *id, const char *file,
		 const struct identity_params *p)
{
	const char *path = find_file(p->files, id->key);

	id->path = xstrdup_any(path);
	id->comment = xstrdup(file);
}

/* CertificateFile */
static void
add_certificate_files(struct identities *list, const struct identity_params *p)
{
	for (size_t i = 0; i < p->certificates->len; i++) {
		const char *file = p->certificates->items[i];
		struct key *cert = load_certificate(file, p);
		struct identity *id;

		if (cert == NULL)
			continue;
		id = append(list);
		id->key = cert;
		id->is_explicit = true;
		name_certificate(id, file, p);
	}
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

/* The certificate beside an identity file; as in ssh, it does not count where
 * the user named certificates. */
static void
add_certificate_beside(struct identities *list, const char *path,
		       const struct identity_params *p)
{
	char *beside = xasprintf("%s-cert.pub", path);
	struct key *cert = load_certificate(beside, p);
	struct identity *id;

	free(beside);
	if (cert == NULL || find_key(list, cert) != NULL) {
		key_free(cert);
		return;
	}
	id = append(list);
	id->key = cert;
	id->path = xstrdup(path);
	id->is_explicit = !p->files_are_default;
}

/* The key in an identity file; it may be a certificate. */
static void
add_file(struct identities *list, const char *path,
	 const struct identity_params *p)
{
	struct identity *id = append(list);

	id->is_explicit = !p->files_are_default;
	id->key = load_public(path, id);
	log_type(path, id->key);
	if (id->key != NULL && id->key->cert != NULL) {
		if (find_key(list, id->key) != id) {
			key_free(id->key); /* it was beside its key */
			list->len--;
			return;
		}
		name_certificate(id, path, p);
	}
	if (id->path == NULL)
		id->path = xstrdup(path);
	if (id->key != NULL && identity_is_too_small(p, id->key)) {
		log_error("load pubkey \"%s\": Invalid key length", path);
		identity_set_fate(id, IDENTITY_TOO_SMALL, NULL);
	}
}

static void
add_files(struct identities *list, const struct identity_params *p)
{
	for (size_t i = 0; i < p->files->len; i++) {
		const char *path = p->files->items[i];

		add_file(list, path, p);
		if (p->certificates->len == 0)
			add_certificate_beside(list, path, p);
	}
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
add_agent_key(struct identities *list, const struct agent_key *k,
	      const struct identity_params *p)
{
	struct identity *id = append(list);

	id->key = key_copy(k->key);
	id->comment = xstrdup(k->comment);
	id->agent_key = key_copy(k->key);
	if (identity_is_too_small(p, k->key)) {
		log_debug("ignoring %s agent key: Invalid key length",
			  k->key->name);
		identity_set_fate(id, IDENTITY_TOO_SMALL, NULL);
	} else if (p->only_these) {
		identity_set_fate(id, IDENTITY_EXCLUDED, NULL);
	}
}

/* Move an identity to the end of another list. */
static void
move(struct identities *from, struct identity *id, struct identities *to)
{
	size_t at = (size_t)(id - from->items);

	*append(to) = *id;
	from->len--;
	memmove(id, id + 1, (from->len - at) * sizeof(*id));
}

static void
move_all(struct identities *from, struct identities *to)
{
	for (size_t i = 0; i < from->len; i++)
		*append(to) = from->items[i];
	free(from->items);
	from->items = NULL;
	from->len = 0;
}

/* What the agent holds, in its order: of the files' keys to list, others to
 * ret_others. */
static void
sort_agent_keys(const struct agent_keys *keys, const struct identity_params *p,
		struct identities *files, struct identities *list,
		struct identities *ret_others)
{
	for (size_t i = 0; i < keys->len; i++) {
		const struct agent_key *k = &keys->items[i];
		struct identity *file = find_key(files, k->key);

		if (file != NULL)
			move(files, file, list);
		else if (find_key(list, k->key) == NULL &&
			 find_key(ret_others, k->key) == NULL)
			add_agent_key(ret_others, k, p);
	}
}

/* A comment is the key's name, a tab, and the token's. */
static void
add_token_keys(struct identities *list, const struct identity_params *p)
{
	for (size_t i = 0; p->tokens != NULL && i < p->tokens->len; i++) {
		const struct agent_key *k = &p->tokens->items[i];
		const char *tab = strrchr(k->comment, '\t');
		struct identity *id = append(list);
		size_t len = tab != NULL ? (size_t)(tab - k->comment)
					 : strlen(k->comment);

		id->key = key_copy(k->key);
		id->comment = xstrndup(k->comment, len);
		if (identity_is_too_small(p, k->key))
			identity_set_fate(id, IDENTITY_TOO_SMALL, NULL);
	}
}

/* The token's key that can sign for ours: a certificate, too. */
static const struct agent_key *
find_token_key(const struct agent_keys *tokens, const struct key *key)
{
	for (size_t i = 0; i < tokens->len; i++)
		if (key_equal_plain(key, tokens->items[i].key))
			return &tokens->items[i];
	return NULL;
}

static void
mark_token_keys(struct identities *list, const struct identity_params *p)
{
	for (size_t i = 0; p->tokens != NULL && i < list->len; i++) {
		struct identity *id = &list->items[i];
		const struct agent_key *k = NULL;
		const char *tab;

		if (id->key != NULL)
			k = find_token_key(p->tokens, id->key);
		if (k == NULL)
			continue;
		tab = strrchr(k->comment, '\t');
		id->token_key = key_copy(k->key);
		id->token = tab != NULL ? xstrdup(tab + 1) : NULL;
	}
}

/* Does a file name the key of a token? */
static bool
is_named(const struct identities *files, const struct key *key)
{
	for (size_t i = 0; i < files->len; i++)
		if (files->items[i].path != NULL &&
		    files->items[i].key != NULL &&
		    key_equal(files->items[i].key, key))
			return true;
	return false;
}

/* The keys of tokens that files name come before the files. */
static void
sort_token_keys(const struct identity_params *p, struct identities *files,
		struct identities *list)
{
	size_t i = 0;

	while (i < files->len) {
		struct identity *id = &files->items[i];

		if (id->path == NULL && is_named(files, id->key)) {
			move(files, id, list);
			continue;
		}
		if (id->path == NULL && p->only_these &&
		    id->fate == IDENTITY_UNTRIED)
			identity_set_fate(id, IDENTITY_EXCLUDED, NULL);
		i++;
	}
}

void
identities_gather(const struct identity_params *p,
		  const struct agent_keys *agent_keys,
		  struct identities *ret_list)
{
	struct identities list = { NULL, 0 }, files = { NULL, 0 };
	struct identities others = { NULL, 0 };

	add_certificate_files(&list, p);
	add_token_keys(&files, p);
	add_files(&files, p);
	mark_token_keys(&list, p);
	mark_token_keys(&files, p);
	if (agent_keys != NULL) {
		mark_agent_keys(&list, agent_keys);
		mark_agent_keys(&files, agent_keys);
		sort_agent_keys(agent_keys, p, &files, &list, &others);
	}
	move_all(&others, &list);
	sort_token_keys(p, &files, &list);
	move_all(&files, &list);
	*ret_list = list;
}

static bool
has_fingerprint(const struct identity *id, const char *fingerprint)
{
	char *print =
	    id->key != NULL ? key_fingerprint(id->key, KEY_HASH_SHA256) : NULL;
	bool is_same = print != NULL && strcmp(print, fingerprint) == 0;

	free(print);
	return is_same;
}

void
identities_prefer(struct identities *list, const char *fingerprint)
{
	size_t from = 0, to;
	struct identity id;

	while (from < list->len &&
	       (list->items[from].fate != IDENTITY_UNTRIED ||
		!has_fingerprint(&list->items[from], fingerprint)))
		from++;
	if (from == list->len)
		return;
	for (to = from; to > 0 && !list->items[to - 1].is_explicit;)
		to--;
	id = list->items[from];
	memmove(&list->items[to + 1], &list->items[to],
		(from - to) * sizeof(id));
	list->items[to] = id;
}
