/*
 * padding - random bytes for the end of packets, made some KiB at a time:
 * asking libcrypto for each packet costs a system call and locks.
 */
#ifndef SSH_NATIVE_PADDING_H
#define SSH_NATIVE_PADDING_H

#include <stddef.h>

/* The most that one call gives: padding_length is a byte. */
enum { PADDING_MAX = 255, PADDING_STORE = 4096 };

/* All zero is a good beginning. */
struct padding {
	unsigned char store[PADDING_STORE];
	size_t left; /* bytes at the end of store that were not used */
};

/* Wipe what is left. */
void padding_clear(struct padding *p);

/* Write len bytes, at most PADDING_MAX. 0, or -1 if libcrypto has none. */
int padding_take(struct padding *p, unsigned char *out, size_t len);

#endif
