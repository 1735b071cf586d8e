/*
 * gcm_cipher - what OpenSSL calls for each of the ciphers of gcm.h: tables of
 * functions, see provider-cipher(7).
 */
#ifndef SSH_LIBSSH2_GCM_CIPHER_H
#define SSH_LIBSSH2_GCM_CIPHER_H

#include <openssl/core.h>

#define GCM_PROVIDER "hawser"
/* Finds OpenSSL's own ciphers, never ours. */
#define GCM_OTHERS "provider!=" GCM_PROVIDER

/* The reason of the error that a wrong tag raises, in ERR_LIB_USER. */
#define GCM_WRONG_TAG 4253

/* clang-format off */
#define GCM_FUNCTION(id, name)	{ id, (void (*)(void))(name) }
#define GCM_FUNCTION_END	{ 0, NULL }
/* clang-format on */

extern const OSSL_DISPATCH gcm_128[], gcm_256[];

#endif
