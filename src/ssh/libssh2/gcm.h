/*
 * gcm - AES-GCM for libssh2, which asks for 16 bytes at a time.
 *
 * OpenSSL needs far longer to be asked than to encrypt so little. This is a
 * provider for OpenSSL (provider(7)) with those ciphers. OpenSSL's own do all
 * the work, some KiB at once; being asked for 16 bytes costs little. Only
 * OpenSSL's public interface is used, and libssh2 does not notice.
 */
#ifndef SSH_LIBSSH2_GCM_H
#define SSH_LIBSSH2_GCM_H

#include <openssl/types.h>
#include <stdbool.h>

/*
 * Let this process use it, until gcm_release(); users are counted. NULL, and
 * nothing changes, where it cannot be used: OpenSSL is restricted to FIPS, or
 * has no such ciphers.
 */
OSSL_PROVIDER *gcm_use(void);

/* Was a tag wrong in this thread since this was last asked? libssh2 does not
 * always say so; OpenSSL's queue of errors does. */
bool gcm_has_failed(void);

/* When the ciphers that were made in between are gone. NULL is fine. */
void gcm_release(OSSL_PROVIDER *ours);

#endif
