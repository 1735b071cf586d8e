#include "ssh/gcm.h"

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ssh/gcm_cipher.h"

/* From OPENSSL_ia32cap(3), in the first number, and OpenSSL's arm_arch.h. */
#define X86_AES (1ULL << 57)
#define X86_PCLMULQDQ (1ULL << 33)
#define ARM_AES (1ULL << 2)
#define ARM_PMULL (1ULL << 5)

static const OSSL_ALGORITHM *
query(void *arg, int operation, int *ret_no_cache)
{
	static const OSSL_ALGORITHM ciphers[] = {
		{ "AES-128-GCM", "provider=" GCM_PROVIDER, gcm_128, NULL },
		{ "AES-256-GCM", "provider=" GCM_PROVIDER, gcm_256, NULL },
		{ NULL, NULL, NULL, NULL },
	};

	(void)arg;
	*ret_no_cache = 0;
	return operation == OSSL_OP_CIPHER ? ciphers : NULL;
}

static int
initialize(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core,
	   const OSSL_DISPATCH **ret_functions, void **ret_arg)
{
	static const OSSL_DISPATCH functions[] = {
		GCM_FUNCTION(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
		GCM_FUNCTION_END,
	};

	(void)handle;
	(void)core;
	*ret_arg = NULL;
	*ret_functions = functions;
	return 1;
}

static bool
has_cipher(const char *name)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, GCM_OTHERS);

	EVP_CIPHER_free(cipher);
	return cipher != NULL;
}

OSSL_PROVIDER *
gcm_use(void)
{
	OSSL_PROVIDER *ours;

	if (EVP_default_properties_is_fips_enabled(NULL) ||
	    !has_cipher("AES-128-GCM") || !has_cipher("AES-256-CTR"))
		return NULL;
	if (!OSSL_PROVIDER_available(NULL, GCM_PROVIDER) &&
	    !OSSL_PROVIDER_add_builtin(NULL, GCM_PROVIDER, initialize))
		return NULL;
	ours = OSSL_PROVIDER_try_load(NULL, GCM_PROVIDER, 1);
	/* libssh2 asks for its ciphers without saying whose */
	if (ours != NULL)
		EVP_set_default_properties(NULL, "?provider=" GCM_PROVIDER);
	return ours;
}

void
gcm_release(OSSL_PROVIDER *ours)
{
	if (ours != NULL)
		OSSL_PROVIDER_unload(ours);
}

static bool
has_bits(const char *number, unsigned long long bits)
{
	return (strtoull(number, NULL, 16) & bits) == bits;
}

bool
gcm_is_fast(const char *settings)
{
	static const char x86[] = "OPENSSL_ia32cap=";
	static const char arm[] = "OPENSSL_armcap=";

	if (settings == NULL)
		return false;
	if (str_starts(settings, x86))
		return has_bits(settings + strlen(x86),
				X86_AES | X86_PCLMULQDQ);
	if (str_starts(settings, arm))
		return has_bits(settings + strlen(arm), ARM_AES | ARM_PMULL);
	return false;
}
