/*
 * krl - key revocation lists as ssh-keygen -k makes them (OpenSSH's
 * PROTOCOL.krl): plain keys by themselves or by their hash, certificates by
 * their authority and a serial number or an id.
 *
 * A list is read from one end to the other for one key, and nothing of it is
 * kept: whatever is in it, the time grows with its length, and memory does not.
 */
#ifndef TRUST_KRL_H
#define TRUST_KRL_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct key;

/* Does the file begin as a KRL does? */
bool krl_is(const void *data, size_t len);

/*
 * Is the key revoked, or the authority behind it? Returns 1 or 0; or -1 with e
 * set (ERR_LOCAL) if the list is malformed, or has something in it that is
 * critical and unknown, or a signature: as in OpenSSH 9.4 and later.
 */
int krl_check(const void *data, size_t len, const struct key *key,
	      struct err *e);

#endif
