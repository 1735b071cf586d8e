#include "ssh/libssh2/gcm.h"

#include <openssl/core_dispatch.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>

#include "ssh/libssh2/gcm_cipher.h"

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

bool
gcm_has_failed(void)
{
	bool has_failed = false;

	while (ERR_peek_error() != 0) {
		unsigned long code = ERR_get_error();

		if (ERR_GET_LIB(code) == ERR_LIB_USER &&
		    ERR_GET_REASON(code) == GCM_WRONG_TAG)
			has_failed = true;
	}
	return has_failed;
}

void
gcm_release(OSSL_PROVIDER *ours)
{
	if (ours != NULL)
		OSSL_PROVIDER_unload(ours);
}
