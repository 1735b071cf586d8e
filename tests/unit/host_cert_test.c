/* Host certificates, from the blob to the verdict: each case differs in one
 * point from a certificate that is good. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "key_data.h"
#include "keys/key.h"
#include "keys/private_key.h"
#include "keys/verify.h"
#include "tap.h"
#include "trust/host_cert.h"
#include "trust/known_hosts.h"

enum { USER = 1, HOST = 2 };

#define FOREVER UINT64_MAX
#define DEFAULT                                                                \
	"ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"                 \
	"ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256"

/* What a certificate of the ed25519 test key says; what is zero is as in a good
 * one: by the authority ecdsa256, for host.example, for ever. */
struct says {
	const char *ca, *algorithm; /* who signs it, and how */
	unsigned type;
	const char *principals;
	uint64_t after, before;
	const char *option, *extension;
};

static const struct says good;

static void
put_list(struct buf *b, const char *words)
{
	struct strv names = STRV_INIT;
	struct buf list = BUF_INIT;

	strv_split(&names, words, ",");
	for (size_t i = 0; i < names.len; i++)
		wire_put_cstring(&list, names.items[i]);
	wire_put_string(b, list.data, list.len);
	buf_clear(&list);
	strv_clear(&names);
}

static void
put_option(struct buf *b, const char *name)
{
	struct buf list = BUF_INIT;

	if (name != NULL) {
		wire_put_cstring(&list, name);
		wire_put_cstring(&list, "");
	}
	wire_put_string(b, list.data, list.len);
	buf_clear(&list);
}

static void
put_signature(struct buf *b, const struct says *says)
{
	struct private_key *k = NULL;
	struct buf file = BUF_INIT, inner = BUF_INIT, blob = BUF_INIT;
	const char *algorithm =
	    says->ca != NULL ? says->algorithm : "ecdsa-sha2-nistp256";
	struct wire data;
	struct err e = { 0 };

	key_data_file(says->ca != NULL ? says->ca : "ecdsa256", &file);
	(void)key_data_parse(&file, NULL, &k, &e);
	wire_put_string(b, private_key_public(k)->blob,
			private_key_public(k)->len);
	wire_init(&data, b->data, b->len);
	if (private_key_sign(k, algorithm, &data, &inner, &e) != 0)
		printf("# %s\n", e.text);
	wire_put_cstring(&blob, algorithm);
	wire_put_string(&blob, inner.data, inner.len);
	wire_put_string(b, blob.data, blob.len);
	private_key_free(k);
	buf_clear(&file);
	buf_clear(&inner);
	buf_clear(&blob);
}

/* A signed certificate (PROTOCOL.certkeys). */
static struct key *
certify(const struct says *says)
{
	struct key *plain = key_data_public("ed25519"), *k;
	struct buf b = BUF_INIT;
	struct wire fields;
	struct err e = { 0 };

	key_get_fields(plain, &fields);
	wire_put_cstring(&b, "ssh-ed25519-cert-v01@openssh.com");
	wire_put_cstring(&b, "nonce");
	buf_add(&b, fields.data, fields.len);
	key_data_put_u64(&b, 7);
	wire_put_u32(&b, says->type != 0 ? says->type : HOST);
	wire_put_cstring(&b, "id");
	put_list(&b,
		 says->principals != NULL ? says->principals : "host.example");
	key_data_put_u64(&b, says->after);
	key_data_put_u64(&b, says->before != 0 ? says->before : FOREVER);
	put_option(&b, says->option);
	put_option(&b, says->extension);
	wire_put_cstring(&b, "");
	put_signature(&b, says);
	k = key_from_blob(b.data, b.len, &e);
	if (k == NULL)
		printf("# %s\n", e.text);
	key_free(plain);
	buf_clear(&b);
	return k;
}

/* --- what the certificate says -------------------------------------------- */

#define INVALID "Certificate invalid: "

static const struct {
	const char *what;
	struct says says;
	const char *name;       /* NULL: host.example */
	const char *algorithms; /* NULL: the usual ones */
	const char *reason;     /* "": it is good, at the time 1000 */
} rules[] = {
	{ "good", { 0 }, NULL, NULL, "" },
	{ "of a user",
	  { .type = USER },
	  NULL,
	  NULL,
	  INVALID "not a host certificate" },
	{ "of a user, expired",
	  { .type = USER, .before = 1 },
	  NULL,
	  NULL,
	  INVALID "not a host certificate" },
	{ "from now on", { .after = 1000 }, NULL, NULL, "" },
	{ "from soon on",
	  { .after = 1001 },
	  NULL,
	  NULL,
	  INVALID "not yet valid" },
	{ "never valid",
	  { .after = FOREVER },
	  NULL,
	  NULL,
	  INVALID "not yet valid" },
	{ "until soon", { .before = 1001 }, NULL, NULL, "" },
	{ "until now", { .before = 1000 }, NULL, NULL, INVALID "expired" },
	{ "long ago", { .before = 1 }, NULL, NULL, INVALID "expired" },
	{ "of others",
	  { .principals = "a.example,b.example" },
	  NULL,
	  NULL,
	  INVALID "name is not a listed principal" },
	{ "of several",
	  { .principals = "a.example,host.example" },
	  NULL,
	  NULL,
	  "" },
	{ "of nobody in particular", { .principals = "" }, NULL, NULL, "" },
	{ "a pattern is a name",
	  { .principals = "*.example,*" },
	  NULL,
	  NULL,
	  INVALID "name is not a listed principal" },
	{ "case counts",
	  { .principals = "HOST.example" },
	  NULL,
	  NULL,
	  INVALID "name is not a listed principal" },
	{ "part of a name",
	  { .principals = "host.exampl" },
	  NULL,
	  NULL,
	  INVALID "name is not a listed principal" },
	{ "the name is looked for",
	  { 0 },
	  "host.example.",
	  NULL,
	  INVALID "name is not a listed principal" },
	{ "an unknown option",
	  { .option = "x@example.com" },
	  NULL,
	  NULL,
	  "Certificate contains unsupported critical options" },
	{ "a user's option",
	  { .option = "force-command" },
	  NULL,
	  NULL,
	  "Certificate contains unsupported critical options" },
	{ "an extension", { .extension = "x@example.com" }, NULL, NULL, "" },
	{ "signed with SHA-1",
	  { .ca = "rsa", .algorithm = "ssh-rsa" },
	  NULL,
	  NULL,
	  "Certificate signed with disallowed algorithm" },
	{ "signed with SHA-1, allowed",
	  { .ca = "rsa", .algorithm = "ssh-rsa" },
	  NULL,
	  DEFAULT ",ssh-rsa",
	  "" },
	{ "signed by RSA",
	  { .ca = "rsa", .algorithm = "rsa-sha2-256" },
	  NULL,
	  NULL,
	  "" },
	{ "another algorithm is allowed",
	  { .ca = "rsa", .algorithm = "rsa-sha2-256" },
	  NULL,
	  "rsa-sha2-512,ssh-ed25519",
	  "Certificate signed with disallowed algorithm" },
	{ "signed by itself",
	  { .ca = "ed25519", .algorithm = "ssh-ed25519" },
	  NULL,
	  NULL,
	  "" },
};

static void
test_rule(size_t i)
{
	const char *name = rules[i].name, *algorithms = rules[i].algorithms;
	struct key *k = certify(&rules[i].says);
	struct err e = { 0 };
	bool is_good = rules[i].reason[0] == '\0';

	is_int(key_verify_cert(k, &e), 0, "%s: signed: %s", rules[i].what,
	       e.text);
	is_int(host_cert_check(k, name != NULL ? name : "host.example", 1000,
			       algorithms != NULL ? algorithms : DEFAULT, &e),
	       is_good ? 0 : -1, "%s: verdict", rules[i].what);
	is_str(e.text, rules[i].reason, "%s: reason", rules[i].what);
	key_free(k);
}

/* --- who signed it ---------------------------------------------------------*/

/* Any byte of it changed, the certificate is not what was signed. */
static void
test_signature(void)
{
	struct key *k = certify(&good);
	size_t accepted = 0, parsed = 0;

	for (size_t n = 0; n < k->len; n++) {
		struct key *other;
		struct err e;

		k->blob[n] ^= 1;
		other = key_from_blob(k->blob, k->len, &e);
		k->blob[n] ^= 1;
		if (other == NULL)
			continue;
		parsed += other->cert != NULL ? 1 : 0;
		if (other->cert == NULL || key_verify_cert(other, &e) == 0)
			accepted++;
		key_free(other);
	}
	ok(parsed > 100 && accepted == 0, "%zu damaged ones, %zu accepted",
	   parsed, accepted);
	key_free(k);
}

/* $A is the authority, $O another one, $K the certified key, $R a key of the
 * host of another type, $C the certificate. */
static const struct {
	const char *what, *text;
	const char *name; /* NULL: host.example */
	enum known_hosts_verdict verdict;
} files[] = {
	{ "nothing is known", "", NULL, KNOWN_HOSTS_NEW },
	{ "the authority", "@cert-authority host.example $A", NULL,
	  KNOWN_HOSTS_MATCH },
	{ "for a pattern", "@cert-authority *.example,!x $A", NULL,
	  KNOWN_HOSTS_MATCH },
	{ "not for this host", "@cert-authority *,!host.* $A", NULL,
	  KNOWN_HOSTS_NEW },
	{ "for another port", "@cert-authority host.example $A",
	  "[host.example]:2222", KNOWN_HOSTS_NEW },
	{ "for this port", "@cert-authority [host.example]:2222 $A",
	  "[host.example]:2222", KNOWN_HOSTS_MATCH },
	{ "another authority", "@cert-authority host.example $O", NULL,
	  KNOWN_HOSTS_NEW },
	{ "one of two", "@cert-authority * $O\n@cert-authority * $A", NULL,
	  KNOWN_HOSTS_MATCH },
	{ "its key as a host's", "host.example $A", NULL, KNOWN_HOSTS_NEW },
	{ "the key itself", "host.example $K", NULL, KNOWN_HOSTS_NEW },
	{ "the key as an authority", "@cert-authority host.example $K", NULL,
	  KNOWN_HOSTS_NEW },
	{ "another key, too", "host.example $R\n@cert-authority * $A", NULL,
	  KNOWN_HOSTS_MATCH },
	{ "revoked authority", "@cert-authority * $A\n@revoked * $A", NULL,
	  KNOWN_HOSTS_IS_REVOKED },
	{ "revoked before", "@revoked * $A\n@cert-authority * $A", NULL,
	  KNOWN_HOSTS_IS_REVOKED },
	{ "revoked key", "@cert-authority * $A\n@revoked * $K", NULL,
	  KNOWN_HOSTS_IS_REVOKED },
	{ "revoked certificate", "@cert-authority * $A\n@revoked * $C", NULL,
	  KNOWN_HOSTS_IS_REVOKED },
	{ "revoked elsewhere",
	  "@cert-authority * $A\n@revoked x $A\n@revoked x $K", NULL,
	  KNOWN_HOSTS_MATCH },
	{ "another is revoked", "@cert-authority * $A\n@revoked * $O", NULL,
	  KNOWN_HOSTS_MATCH },
};

static void
add_key(struct buf *b, char letter, const struct key *certificate)
{
	struct key *k = letter == 'A'   ? key_data_public("ecdsa256")
			: letter == 'O' ? key_data_public("ecdsa384")
			: letter == 'K' ? key_data_public("ed25519")
			: letter == 'R' ? key_data_public("rsa")
					: NULL;
	const struct key *shown = k != NULL ? k : certificate;
	char *base64 = key_base64(shown);

	buf_addf(b, "%s %s", shown->name, base64);
	free(base64);
	key_free(k);
}

/* The lines with the keys put in. */
static struct known_hosts *
load(const char *text, const struct key *certificate)
{
	struct known_hosts *kh = known_hosts_new();
	struct strv lines = STRV_INIT;

	strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.len; i++) {
		struct buf b = BUF_INIT;

		for (const char *c = lines.items[i]; *c != '\0'; c++) {
			if (*c == '$')
				add_key(&b, *++c, certificate);
			else
				buf_add_byte(&b, (unsigned char)*c);
		}
		known_hosts_add_line(kh, buf_str(&b), "kh", i + 1, false);
		buf_clear(&b);
	}
	strv_clear(&lines);
	return kh;
}

static void
test_file(size_t i)
{
	const char *name = files[i].name;
	struct key *k = certify(&good);
	struct known_hosts *kh = load(files[i].text, k);

	is_int(known_hosts_check(kh, name != NULL ? name : "host.example", k,
				 NULL),
	       files[i].verdict, "known_hosts: %s", files[i].what);
	known_hosts_free(kh);
	key_free(k);
}

/* RevokedHostKeys with one line. */
static void
test_revoked_file(const char *text, bool is_revoked, const char *what)
{
	char *folder = data_scratch(), *path = xasprintf("%s/revoked", folder);
	struct key *k = certify(&good);
	struct buf b = BUF_INIT;
	struct err e = { 0 };

	add_key(&b, text[1], k);
	buf_add_byte(&b, '\n');
	data_write(path, b.data, b.len, 0600);
	is_int(known_hosts_revoked_file(path, k, &e), is_revoked ? 1 : 0,
	       "RevokedHostKeys: %s", what);
	(void)unlink(path);
	(void)rmdir(folder);
	key_free(k);
	buf_clear(&b);
	free(path);
	free(folder);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		test_rule(i);
	test_signature();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		test_file(i);
	test_revoked_file("$A", true, "the authority");
	test_revoked_file("$K", true, "the key");
	test_revoked_file("$C", true, "the certificate");
	test_revoked_file("$O", false, "another");
	return done_testing();
}
