/* Which keys are offered, in which order, and what is told of them. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/identity.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "data.h"
#include "keys/agent_wire.h"
#include "keys/key.h"
#include "tap.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define LIST_MAX 6

static char *folder;

/* Copy a data file into the folder under a name of its own. */
static void
place(const char *from, const char *to)
{
	char *name = xasprintf("keys/%s", from);
	char *path = xasprintf("%s/%s", folder, to);
	struct buf b = BUF_INIT;

	data_load(name, &b);
	data_write(path, b.data, b.len, 0600);
	buf_clear(&b);
	free(path);
	free(name);
}

static void
place_all(void)
{
	static const char *const files[][2] = {
		{ "rsa", "rsa" },
		{ "rsa.pub", "rsa.pub" },
		{ "ecdsa256", "ecdsa" },
		{ "ecdsa256.pub", "ecdsa.pub" },
		{ "ed25519", "plain" }, /* without .pub */
		{ "ed25519.enc", "locked" },
		{ "rsa.pem-enc", "unknown" },
		{ "ed25519.pub", "public.pub" }, /* alone */
		{ "ed25519", "both" },
		{ "ed25519.pub", "both.pub" },
		{ "ed25519-cert.pub", "both-cert.pub" },
		{ "ecdsa256", "host" },
		{ "ecdsa256-cert.pub", "host-cert.pub" }, /* a host's */
		{ "rsa", "other" },
		{ "ed25519.pub", "other-cert.pub" }, /* not one at all */
		{ "ed25519-cert.pub", "lone-cert.pub" },
		{ "ed25519.sha256", "garbage" },
	};
	char *path = xasprintf("%s/empty", folder);

	for (size_t i = 0; i < N(files); i++)
		place(files[i][0], files[i][1]);
	data_write(path, "", 0, 0600);
	free(path);
}

static void
remove_all(void)
{
	DIR *d = opendir(folder);
	struct dirent *entry;

	while (d != NULL && (entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(d), entry->d_name, 0);
	if (d != NULL)
		closedir(d);
	rmdir(folder);
}

static void
add_agent_key(struct agent_keys *keys, const char *file)
{
	char *name = xasprintf("keys/%s.pub", file), *path = data_path(name);
	struct err e = { .kind = ERR_NONE };

	keys->items =
	    xreallocarray(keys->items, keys->len + 1, sizeof(*keys->items));
	keys->items[keys->len].key = key_load_public(path, NULL, &e);
	keys->items[keys->len].comment = xasprintf("agent:%s", file);
	if (keys->items[keys->len++].key == NULL) {
		printf("Bail out! %s\n", e.text);
		exit(1);
	}
	free(path);
	free(name);
}

static const struct {
	const char *name;
	bool are_default, only_these;
	const char *files[LIST_MAX], *certificates[LIST_MAX];
	const char *agent[LIST_MAX];
	/* name, type, "+" if the agent can sign, fate if it is known */
	const char *want;
} cases[] = {
	{ "nothing", true, false, { 0 }, { 0 }, { 0 }, "" },
	{ "named, in the order given",
	  false,
	  false,
	  { "ecdsa", "rsa" },
	  { 0 },
	  { 0 },
	  "ecdsa ECDSA, rsa RSA" },
	{ "named ones that the agent has, what else it has, other files",
	  false,
	  false,
	  { "ecdsa", "rsa" },
	  { 0 },
	  { "ed25519", "rsa", "ecdsa384" },
	  "rsa RSA+, agent:ed25519 ED25519+, agent:ecdsa384 ECDSA+, "
	  "ecdsa ECDSA" },
	{ "the agent's order among those",
	  false,
	  false,
	  { "ecdsa", "rsa" },
	  { 0 },
	  { "rsa", "ed25519", "ecdsa256" },
	  "rsa RSA+, ecdsa ECDSA+, agent:ed25519 ED25519+" },
	{ "IdentitiesOnly",
	  false,
	  true,
	  { "ecdsa", "rsa" },
	  { 0 },
	  { "ed25519", "rsa" },
	  "rsa RSA+, agent:ed25519 ED25519+ excluded, ecdsa ECDSA" },
	{ "default files after the agent's, unless it has them",
	  true,
	  false,
	  { "rsa", "ecdsa", "plain" },
	  { 0 },
	  { "ecdsa384", "ecdsa256" },
	  "ecdsa ECDSA+, agent:ecdsa384 ECDSA+, rsa RSA, plain ED25519" },
	{ "an agent that says everything twice",
	  true,
	  false,
	  { 0 },
	  { 0 },
	  { "rsa", "rsa", "ed25519", "rsa" },
	  "agent:rsa RSA+, agent:ed25519 ED25519+" },
	{ "the public half inside an encrypted file",
	  false,
	  false,
	  { "locked" },
	  { 0 },
	  { "ed25519" },
	  "locked ED25519+" },
	{ "a public half that only the passphrase shows",
	  false,
	  false,
	  { "unknown" },
	  { 0 },
	  { "rsa" },
	  "agent:rsa RSA+, unknown ?" },
	{ "a public half alone, for the agent",
	  false,
	  false,
	  { "public", "public.pub" },
	  { 0 },
	  { "ed25519" },
	  "public ED25519+, public.pub ED25519+" },
	{ "files that are no keys",
	  false,
	  false,
	  { "absent", "garbage", "empty", "plain" },
	  { 0 },
	  { 0 },
	  "absent ? absent, garbage ?, empty ?, "
	  "plain ED25519" },
	{ "a certificate beside its key, after it",
	  false,
	  false,
	  { "both" },
	  { 0 },
	  { 0 },
	  "both ED25519, both ED25519-CERT" },
	{ "a certificate named besides its key: once",
	  false,
	  false,
	  { "both", "both-cert.pub" },
	  { 0 },
	  { 0 },
	  "both ED25519, both ED25519-CERT" },
	{ "a certificate and its key, named",
	  false,
	  false,
	  { "lone-cert.pub", "plain" },
	  { 0 },
	  { 0 },
	  "lone-cert.pub ED25519-CERT, plain ED25519" },
	{ "the same, when the agent has the key",
	  true,
	  false,
	  { "rsa", "both" },
	  { 0 },
	  { "ed25519" },
	  "both ED25519+, rsa RSA, both ED25519-CERT+" },
	{ "the agent has both",
	  false,
	  false,
	  { "both" },
	  { 0 },
	  { "ed25519-cert", "ed25519" },
	  "both ED25519-CERT+, both ED25519+" },
	{ "the agent has the certificate only",
	  false,
	  false,
	  { "plain" },
	  { 0 },
	  { "ed25519-cert" },
	  "agent:ed25519-cert ED25519-CERT+, plain ED25519" },
	{ "a host's certificate, and a key called one",
	  false,
	  false,
	  { "host", "other" },
	  { "host-cert.pub", "both.pub", "absent-cert.pub" },
	  { 0 },
	  "host ECDSA, other RSA" },
	{ "the same beside the key",
	  false,
	  false,
	  { "host", "other" },
	  { 0 },
	  { 0 },
	  "host ECDSA, other RSA" },
	{ "CertificateFile with its key",
	  false,
	  false,
	  { "rsa", "plain" },
	  { "lone-cert.pub" },
	  { 0 },
	  "lone-cert.pub ED25519-CERT, rsa RSA, plain ED25519" },
	{ "CertificateFile that stands beside its key: once",
	  false,
	  false,
	  { "both" },
	  { "both-cert.pub" },
	  { 0 },
	  "both-cert.pub ED25519-CERT, both ED25519" },
	{ "CertificateFile whose key the agent has",
	  false,
	  false,
	  { "rsa" },
	  { "lone-cert.pub" },
	  { "ed25519" },
	  "lone-cert.pub ED25519-CERT+, agent:ed25519 ED25519+, rsa RSA" },
	{ "CertificateFile whose key is nowhere",
	  true,
	  false,
	  { "rsa" },
	  { "lone-cert.pub" },
	  { 0 },
	  "lone-cert.pub ED25519-CERT, rsa RSA" },
};

static void
add_paths(struct strv *to, const char *const *names)
{
	for (size_t i = 0; i < LIST_MAX && names[i] != NULL; i++)
		strv_add_take(to, xasprintf("%s/%s", folder, names[i]));
}

/* The file's name without its folder. */
static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static char *
describe(const struct identities *list)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < list->len; i++) {
		const struct identity *id = &list->items[i];

		buf_addf(&b, "%s%s %s%s%s", i > 0 ? ", " : "",
			 base_name(identity_name(id)),
			 id->key != NULL ? key_type_name(id->key) : "?",
			 id->agent_key != NULL ? "+" : "",
			 id->fate == IDENTITY_UNTRIED    ? ""
			 : id->fate == IDENTITY_ABSENT   ? " absent"
			 : id->fate == IDENTITY_EXCLUDED ? " excluded"
							 : " ?");
	}
	return buf_take_str(&b);
}

static void
gather(size_t n, struct identities *list)
{
	struct strv files = STRV_INIT, certificates = STRV_INIT;
	struct agent_keys keys = { NULL, 0 };
	struct identity_params p = {
		.files = &files,
		.files_are_default = cases[n].are_default,
		.certificates = &certificates,
		.only_these = cases[n].only_these,
	};

	add_paths(&files, cases[n].files);
	add_paths(&certificates, cases[n].certificates);
	for (size_t i = 0; i < LIST_MAX && cases[n].agent[i] != NULL; i++)
		add_agent_key(&keys, cases[n].agent[i]);
	identities_gather(&p, keys.len > 0 ? &keys : NULL, list);
	agent_keys_clear(&keys);
	strv_clear(&files);
	strv_clear(&certificates);
}

static void
test_cases(void)
{
	for (size_t i = 0; i < N(cases); i++) {
		struct identities list;
		char *got;

		gather(i, &list);
		got = describe(&list);
		is_str(got, cases[i].want, "%s", cases[i].name);
		free(got);
		identities_clear(&list);
		ok(list.items == NULL && list.len == 0, "cleared");
	}
}

/* For a certificate the agent may sign with its key, if it has no better. */
static void
test_agent_key(void)
{
	struct strv none = STRV_INIT, certificates = STRV_INIT;
	struct agent_keys keys = { NULL, 0 };
	struct identities list;
	struct identity_params p = {
		.files = &none,
		.certificates = &certificates,
	};

	strv_add_take(&certificates, xasprintf("%s/lone-cert.pub", folder));
	add_agent_key(&keys, "ed25519");
	identities_gather(&p, &keys, &list);
	ok(list.items[0].key->cert != NULL &&
	       list.items[0].agent_key->cert == NULL,
	   "the certificate's key signs");
	ok(list.items[0].is_explicit, "the certificate was named");
	identities_clear(&list);
	add_agent_key(&keys, "ed25519-cert");
	identities_gather(&p, &keys, &list);
	ok(list.items[0].agent_key->cert != NULL,
	   "the certificate itself, if the agent has it");
	ok(list.len == 2, "which is not offered twice");
	identities_clear(&list);
	agent_keys_clear(&keys);
	strv_clear(&certificates);
}

#define ED "ED25519 SHA256:FR9N0BORWQc0F9biC3sgJFzatOVkoIZ/cV62OXpKGCU"

static const struct {
	enum identity_fate fate;
	const char *detail;
	const char *text;
} fates[] = {
	{ IDENTITY_UNTRIED, NULL, "not tried" },
	{ IDENTITY_ABSENT, NULL, "not there" },
	{ IDENTITY_UNREADABLE, "why", "unreadable: why" },
	{ IDENTITY_EXCLUDED, NULL, "not tried because of IdentitiesOnly" },
	{ IDENTITY_NOT_ALLOWED, NULL,
	  "not tried because of PubkeyAcceptedAlgorithms" },
	{ IDENTITY_OFFERED, NULL, "offered, and the connection ended" },
	{ IDENTITY_SIGNED, NULL,
	  "accepted by the server, but the connection ended after the "
	  "signature" },
	{ IDENTITY_TOO_SMALL, NULL, "not tried because of RequiredRSASize" },
	{ IDENTITY_NO_PROVIDER, NULL,
	  "not tried because of SecurityKeyProvider" },
	{ IDENTITY_REFUSED, NULL, "refused by the server" },
	{ IDENTITY_NO_PASSPHRASE, NULL,
	  "accepted by the server, but no passphrase was given" },
	{ IDENTITY_WRONG_PASSPHRASE, NULL, "wrong passphrase" },
	{ IDENTITY_CANNOT_SIGN, "no device",
	  "accepted by the server, but cannot sign: no device" },
	{ IDENTITY_BAD_SIGNATURE, NULL,
	  "accepted by the server, but not its signature" },
	{ IDENTITY_PARTIAL, NULL,
	  "accepted, but the server wants another method too" },
	{ IDENTITY_ACCEPTED, NULL, "accepted" },
};

static void
test_fates(void)
{
	struct strv files = STRV_INIT, none = STRV_INIT;
	struct identity_params p = { .files = &files, .certificates = &none };
	struct identities list;

	strv_add_take(&files, xasprintf("%s/plain", folder));
	identities_gather(&p, NULL, &list);
	for (size_t i = 0; i < N(fates); i++) {
		struct strv lines = STRV_INIT;
		char *want = xasprintf("  %s " ED " [named]: %s",
				       files.items[0], fates[i].text);

		identity_set_fate(&list.items[0], fates[i].fate,
				  fates[i].detail);
		identities_report(&list, &lines);
		is_str(lines.len == 1 ? lines.items[0] : NULL, want, "fate %d",
		       (int)fates[i].fate);
		strv_clear(&lines);
		free(want);
	}
	/* what is there may be what is to be set */
	identity_set_fate(&list.items[0], IDENTITY_REFUSED, "again");
	identity_set_fate(&list.items[0], IDENTITY_CANNOT_SIGN,
			  list.items[0].detail);
	is_str(list.items[0].detail, "again", "the same detail");
	identities_clear(&list);
	strv_clear(&files);
}

static void
test_report(void)
{
	struct strv files = STRV_INIT, none = STRV_INIT, lines = STRV_INIT;
	struct identity_params p = {
		.files = &files,
		.files_are_default = true,
		.certificates = &none,
	};
	struct agent_keys keys = { NULL, 0 };
	struct identities list;

	strv_add_take(&files, xasprintf("%s/absent", folder));
	strv_add_take(&files, xasprintf("%s/plain", folder));
	add_agent_key(&keys, "ed25519");
	add_agent_key(&keys, "rsa");
	add_agent_key(&keys, "ecdsa256");
	free(keys.items[1].comment);
	keys.items[1].comment = xstrdup("\33[2Jevil\n");
	keys.items[2].comment[0] = '\0';
	identities_gather(&p, &keys, &list);
	identities_report(&list, &lines);
	if (ok(lines.len == 3, "a default file that is not there is no news")) {
		ok(strstr(lines.items[0], "/plain ED25519 SHA256:") != NULL &&
		       strstr(lines.items[0], " [file, in agent]: ") != NULL,
		   "a file: %s", lines.items[0]);
		ok(strstr(lines.items[1], "  \\033[2Jevil") != NULL &&
		       strchr(lines.items[1], '\33') == NULL,
		   "a comment, made visible");
		ok(strstr(lines.items[2], "  (no comment) ECDSA ") != NULL &&
		       strstr(lines.items[2], " [agent]: ") != NULL,
		   "no comment: %s", lines.items[2]);
	}
	identities_clear(&list);
	strv_clear(&lines);
	p.files_are_default = false;
	identities_gather(&p, NULL, &list);
	identities_report(&list, &lines);
	ok(lines.len == 2 && strstr(lines.items[0], "/absent [named]: not "
						    "there") != NULL,
	   "a named file that is not there");
	identities_clear(&list);
	agent_keys_clear(&keys);
	strv_clear(&lines);
	strv_clear(&files);
}

int
main(void)
{
	log_set_level(LOG_LEVEL_QUIET);
	folder = data_scratch();
	place_all();
	test_cases();
	test_agent_key();
	test_fates();
	test_report();
	remove_all();
	free(folder);
	return done_testing();
}
