/*
 * dh_value - may a server's Diffie-Hellman value and group be used?
 *
 * libssh2 takes any. With 1 or p-1 for a value, or a small group, whoever
 * reads along knows the keys (RFC 4253 section 8, RFC 4419 section 3, RFC
 * 8270).
 */
#ifndef SSH_LIBSSH2_DH_VALUE_H
#define SSH_LIBSSH2_DH_VALUE_H

struct err;
struct wire;

/* Numbers are mpints without their length. All return 0, or -1 with e set
 * (ERR_PROTOCOL). */

/* A group that the server has chosen: its prime has 2048 to 8192 bits. */
int dh_group_check(const struct wire *prime, const struct wire *generator,
		   struct err *e);

/* A value is more than 1, and less than prime - 1. */
int dh_value_check(const struct wire *prime, const struct wire *value,
		   struct err *e);

/* The same with the prime of a "diffie-hellman-groupN-..." method. */
int dh_value_check_named(const char *method, const struct wire *value,
			 struct err *e);

#endif
