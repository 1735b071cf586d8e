#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/wire.h"
#include "key_data.h"
#include "keys/pkey.h"
#include "tap.h"

/* Two mpints back to libcrypto's DER. Returns false if they are not that. */
static bool
ecdsa_der(struct buf *sig)
{
	struct wire w, r, s;
	ECDSA_SIG *pair;
	unsigned char *der = NULL;
	int len;

	wire_init(&w, sig->data, sig->len);
	if (wire_get_wire(&w, &r) != 0 || wire_get_wire(&w, &s) != 0 ||
	    w.len != 0 || r.data[0] >= 0x80 || s.data[0] >= 0x80)
		return false;
	pair = ECDSA_SIG_new();
	ECDSA_SIG_set0(pair, BN_bin2bn(r.data, (int)r.len, NULL),
		       BN_bin2bn(s.data, (int)s.len, NULL));
	len = i2d_ECDSA_SIG(pair, &der);
	buf_reset(sig);
	buf_add(sig, der, (size_t)len);
	OPENSSL_free(der);
	ECDSA_SIG_free(pair);
	return true;
}

static bool
verify(const struct key *k, const char *digest, const char *data,
       struct buf *sig)
{
	struct err e;
	EVP_PKEY *pkey = pkey_from_public(k, &e);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool is_right = false;

	if ((EVP_PKEY_get_base_id(pkey) != EVP_PKEY_EC || ecdsa_der(sig)) &&
	    EVP_DigestVerifyInit_ex(ctx, NULL, digest, NULL, NULL, pkey,
				    NULL) == 1)
		is_right = EVP_DigestVerify(ctx, sig->data, sig->len,
					    (const unsigned char *)data,
					    strlen(data)) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return is_right;
}

static const struct {
	const char *file, *algorithm;
	const char *digest; /* "": the signature is refused */
} signatures[] = {
	{ "rsa", "rsa-sha2-512", "SHA512" },
	{ "rsa", "rsa-sha2-256", "SHA256" },
	{ "rsa", "ssh-rsa", "SHA1" },
	{ "rsa", "rsa-sha2-512-cert-v01@openssh.com", "SHA512" },
	{ "rsa", "rsa-sha2-256-cert-v01@openssh.com", "SHA256" },
	{ "rsa", "ssh-rsa-cert-v01@openssh.com", "SHA1" },
	{ "rsa", "ssh-ed25519", "" },
	{ "rsa", "rsa-sha2-1024", "" },
	{ "rsa.pem", "rsa-sha2-512", "SHA512" },
	{ "rsa.pkcs8", "rsa-sha2-512", "SHA512" },
	{ "ecdsa256", "ecdsa-sha2-nistp256", "SHA256" },
	{ "ecdsa256", "ecdsa-sha2-nistp256-cert-v01@openssh.com", "SHA256" },
	{ "ecdsa256", "ecdsa-sha2-nistp384", "" },
	{ "ecdsa384", "ecdsa-sha2-nistp384", "SHA384" },
	{ "ecdsa384.pem", "ecdsa-sha2-nistp384", "SHA384" },
	{ "ecdsa521", "ecdsa-sha2-nistp521", "SHA512" },
	{ "ecdsa521.pkcs8", "ecdsa-sha2-nistp521", "SHA512" },
	{ "ed25519", "ssh-ed25519", NULL },
	{ "ed25519", "ssh-ed25519-cert-v01@openssh.com", NULL },
	{ "ed25519", "sk-ssh-ed25519@openssh.com", "" },
	{ "ed25519.pkcs8", "ssh-ed25519", NULL },
};

static void
test_signature(size_t i)
{
	const char *file = signatures[i].file;
	const char *algorithm = signatures[i].algorithm;
	const char *digest = signatures[i].digest;
	bool is_possible = digest == NULL || digest[0] != '\0';
	struct private_key *k = NULL;
	struct buf b = BUF_INIT, sig = BUF_INIT;
	struct wire message = { (const unsigned char *)"data", 4 };
	struct err e = { 0 };

	key_data_file(file, &b);
	(void)key_data_parse(&b, NULL, &k, &e);
	is_int(private_key_sign(k, algorithm, &message, &sig, &e),
	       is_possible ? 0 : -1, "%s signs as %s: %s", file, algorithm,
	       e.text);
	if (is_possible)
		ok(verify(private_key_public(k), digest, "data", &sig),
		   "%s, %s: verified", file, algorithm);
	else
		is_int((long long)sig.len, 0, "no signature");
	private_key_free(k);
	buf_clear(&sig);
	buf_clear(&b);
}

/* r and s begin with a zero byte once in 256 times, and then are shorter. */
static void
test_short_numbers(void)
{
	struct private_key *k = NULL;
	struct buf b = BUF_INIT;
	struct wire message = { (const unsigned char *)"data", 4 };
	struct err e = { 0 };
	size_t wrong = 0, shorter = 0;

	key_data_file("ecdsa256", &b);
	(void)key_data_parse(&b, NULL, &k, &e);
	for (int i = 0; i < 1500; i++) {
		struct buf sig = BUF_INIT;

		(void)private_key_sign(k, "ecdsa-sha2-nistp256", &message, &sig,
				       &e);
		shorter += sig.len < 4 + 32 + 4 + 32 ? 1 : 0;
		if (!verify(private_key_public(k), "SHA256", "data", &sig))
			wrong++;
		buf_clear(&sig);
	}
	is_int((long long)wrong, 0, "1500 signatures, %zu short ones", shorter);
	private_key_free(k);
	buf_clear(&b);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++)
		test_signature(i);
	test_short_numbers();
	return done_testing();
}
