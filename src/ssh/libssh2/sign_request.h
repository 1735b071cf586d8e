/*
 * sign_request - what libssh2 asks its caller to sign: the login request of
 * RFC 4252 section 7. Pure.
 */
#ifndef SSH_LIBSSH2_SIGN_REQUEST_H
#define SSH_LIBSSH2_SIGN_REQUEST_H

#include <stddef.h>

/* The signature algorithm that the request names; NULL if it is no such
 * request. Owned by the caller. */
char *sign_request_algorithm(const void *data, size_t len);

#endif
