#include "keys/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/wire.h"
#include "keys/pkey.h"

/* What a file may ask of us before we know the passphrase is right: iterations
 * of a hash, and scrypt's N * r * p. Both are seconds. */
enum { ITERATIONS_MAX = 10 * 1000 * 1000, SCRYPT_MAX = 1 << 24 };

struct block {
	char *name, *header;
	unsigned char *data; /* DER */
	long len;
};

static void
block_clear(struct block *b)
{
	OPENSSL_free(b->name);
	OPENSSL_free(b->header);
	OPENSSL_clear_free(b->data, (size_t)b->len);
	*b = (struct block){ 0 };
}

/* Find the first private key among what else there may be (EC PARAMETERS).
 * Returns 0, or -1 with e set. */
static int
read_block(const struct wire *file, struct block *b, struct err *e)
{
	BIO *in = BIO_new_mem_buf(file->data, (int)file->len);
	int rc = -1;

	while (in != NULL && rc != 0 &&
	       PEM_read_bio(in, &b->name, &b->header, &b->data, &b->len) == 1) {
		if (str_ends(b->name, "PRIVATE KEY"))
			rc = 0;
		else
			block_clear(b);
	}
	BIO_free(in);
	ERR_clear_error();
	if (rc != 0)
		err_set(e, ERR_LOCAL, "no private key in the file");
	return rc;
}

/* Hand libcrypto the passphrase; without a callback it would ask by itself. */
static int
give_passphrase(char *to, int size, int for_writing, void *arg)
{
	const struct secret *passphrase = arg;

	(void)for_writing;
	if (size < 0 || passphrase->len > (size_t)size)
		return -1;
	memcpy(to, passphrase->text, passphrase->len);
	return (int)passphrase->len;
}

/* Undo the encryption that a DEK-Info header speaks of. */
static enum private_result
open_block(struct block *b, const struct secret *passphrase, struct err *e)
{
	EVP_CIPHER_INFO info;
	bool is_fitting;

	if (PEM_get_EVP_CIPHER_INFO(b->header, &info) != 1) {
		pkey_error("encryption", e);
		return PRIVATE_BAD_FORMAT;
	}
	if (info.cipher == NULL)
		return PRIVATE_OK;
	if (passphrase == NULL || passphrase->len == 0)
		return PRIVATE_ENCRYPTED;
	is_fitting = PEM_do_header(&info, b->data, &b->len, give_passphrase,
				   (void *)(uintptr_t)passphrase) == 1;
	ERR_clear_error();
	return is_fitting ? PRIVATE_OK : PRIVATE_WRONG_PASSPHRASE;
}

static bool
is_iterations(const ASN1_INTEGER *n)
{
	int64_t value;

	return n != NULL && ASN1_INTEGER_get_int64(&value, n) == 1 &&
	       value > 0 && value <= ITERATIONS_MAX;
}

static bool
is_scrypt_cheap(const SCRYPT_PARAMS *params)
{
	uint64_t n, r, p;

	return ASN1_INTEGER_get_uint64(&n, params->costParameter) == 1 &&
	       ASN1_INTEGER_get_uint64(&r, params->blockSize) == 1 &&
	       ASN1_INTEGER_get_uint64(&p, params->parallelizationParameter) ==
		   1 &&
	       n <= SCRYPT_MAX && r <= SCRYPT_MAX && p <= SCRYPT_MAX &&
	       n * r <= SCRYPT_MAX && n * r * p <= SCRYPT_MAX;
}

#define UNPACK(type, algorithm)                                                \
	ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(type), (algorithm)->parameter)

/* The key derivation inside PBES2. */
static bool
is_kdf_cheap(const X509_ALGOR *kdf)
{
	bool is_cheap = false;

	if (OBJ_obj2nid(kdf->algorithm) == NID_id_pbkdf2) {
		PBKDF2PARAM *params = UNPACK(PBKDF2PARAM, kdf);

		is_cheap = params != NULL && is_iterations(params->iter);
		PBKDF2PARAM_free(params);
	} else if (OBJ_obj2nid(kdf->algorithm) == NID_id_scrypt) {
		SCRYPT_PARAMS *params = UNPACK(SCRYPT_PARAMS, kdf);

		is_cheap = params != NULL && is_scrypt_cheap(params);
		SCRYPT_PARAMS_free(params);
	}
	return is_cheap;
}

/* Is the encryption one that we know, and bounded in time? */
static bool
is_encryption_cheap(const X509_SIG *sealed)
{
	const X509_ALGOR *algorithm;
	bool is_cheap = false;

	X509_SIG_get0(sealed, &algorithm, NULL);
	if (OBJ_obj2nid(algorithm->algorithm) == NID_pbes2) {
		PBE2PARAM *params = UNPACK(PBE2PARAM, algorithm);

		is_cheap = params != NULL && is_kdf_cheap(params->keyfunc);
		PBE2PARAM_free(params);
	} else {
		PBEPARAM *params = UNPACK(PBEPARAM, algorithm);

		is_cheap = params != NULL && is_iterations(params->iter);
		PBEPARAM_free(params);
	}
	ERR_clear_error();
	return is_cheap;
}

/* Did decrypting fail in a way that a wrong passphrase explains? Empties the
 * error queue. */
static bool
is_wrong_passphrase(void)
{
	bool found = false;
	unsigned long code;

	while ((code = ERR_get_error()) != 0) {
		if (ERR_GET_LIB(code) == ERR_LIB_PKCS12 &&
		    (ERR_GET_REASON(code) ==
			 PKCS12_R_PKCS12_CIPHERFINAL_ERROR ||
		     ERR_GET_REASON(code) == PKCS12_R_DECODE_ERROR))
			found = true;
	}
	return found;
}

/* An encrypted PKCS#8 key. */
static enum private_result
unseal(const struct block *b, const struct secret *passphrase,
       PKCS8_PRIV_KEY_INFO **ret_info, struct err *e)
{
	const unsigned char *der = b->data;
	X509_SIG *sealed = d2i_X509_SIG(NULL, &der, b->len);
	enum private_result result = PRIVATE_BAD_FORMAT;

	if (sealed == NULL) {
		pkey_error("encrypted PKCS#8 key", e);
		goto out;
	}
	if (!is_encryption_cheap(sealed)) {
		err_set(e, ERR_LOCAL, "unknown or too expensive encryption");
		goto out;
	}
	if (passphrase == NULL || passphrase->len == 0) {
		result = PRIVATE_ENCRYPTED;
		goto out;
	}
	*ret_info =
	    PKCS8_decrypt(sealed, passphrase->text, (int)passphrase->len);
	if (*ret_info != NULL) {
		result = PRIVATE_OK;
	} else {
		err_set(e, ERR_LOCAL, "cannot decrypt the key");
		if (is_wrong_passphrase())
			result = PRIVATE_WRONG_PASSPHRASE;
	}
out:
	X509_SIG_free(sealed);
	return result;
}

/* Both forms of PKCS#8. */
static enum private_result
decode_pkcs8(const struct block *b, const struct secret *passphrase,
	     EVP_PKEY **ret_pkey, struct err *e)
{
	const unsigned char *der = b->data;
	PKCS8_PRIV_KEY_INFO *info = NULL;
	enum private_result result = PRIVATE_OK;

	if (str_starts(b->name, "ENCRYPTED"))
		result = unseal(b, passphrase, &info, e);
	else
		info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &der, b->len);
	if (result == PRIVATE_OK) {
		*ret_pkey = info != NULL ? EVP_PKCS82PKEY(info) : NULL;
		if (*ret_pkey == NULL) {
			pkey_error("PKCS#8 key", e);
			result = PRIVATE_BAD_FORMAT;
		}
	}
	PKCS8_PRIV_KEY_INFO_free(info);
	return result;
}

/* The forms that we read, and the type of key that has a form of its own. */
static const struct form {
	const char *name;
	int type;
} forms[] = {
	{ "PRIVATE KEY", EVP_PKEY_NONE },
	{ "ENCRYPTED PRIVATE KEY", EVP_PKEY_NONE },
	{ "RSA PRIVATE KEY", EVP_PKEY_RSA },
	{ "EC PRIVATE KEY", EVP_PKEY_EC },
};

#define N_FORMS (sizeof(forms) / sizeof(forms[0]))

static const struct form *
find_form(const char *name)
{
	for (size_t i = 0; i < N_FORMS; i++) {
		if (strcmp(forms[i].name, name) == 0)
			return &forms[i];
	}
	return NULL;
}

enum private_result
pem_decode(const struct wire *file, const struct secret *passphrase,
	   EVP_PKEY **ret_pkey, struct err *e)
{
	struct block b = { 0 };
	const struct form *form;
	const unsigned char *der;
	enum private_result result = PRIVATE_BAD_FORMAT;
	bool was_encrypted;

	if (read_block(file, &b, e) != 0)
		goto out;
	form = find_form(b.name);
	if (form == NULL) {
		err_set(e, ERR_LOCAL, "%.64s is not supported", b.name);
		goto out;
	}
	was_encrypted = b.header[0] != '\0';
	result = open_block(&b, passphrase, e);
	if (result != PRIVATE_OK)
		goto out;
	if (form->type == EVP_PKEY_NONE) {
		result = decode_pkcs8(&b, passphrase, ret_pkey, e);
		goto out;
	}
	der = b.data;
	*ret_pkey = d2i_PrivateKey(form->type, NULL, &der, b.len);
	if (*ret_pkey == NULL) {
		pkey_error(b.name, e);
		/* One wrong passphrase in 256 leads to a padding that looks
		 * right, but not to a key. */
		result = was_encrypted ? PRIVATE_WRONG_PASSPHRASE
				       : PRIVATE_BAD_FORMAT;
	}
out:
	block_clear(&b);
	return result;
}
