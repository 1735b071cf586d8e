/*
 * base64 - RFC 4648 text for blobs, hashes and salts.
 */
#ifndef KEYS_BASE64_H
#define KEYS_BASE64_H

#include <stddef.h>

struct buf;

/* The text with padding, without line breaks. The caller frees it. */
char *base64_encode(const void *data, size_t len);

/*
 * Append the decoded bytes to b. White space is skipped; anything else that
 * is not base64, a wrong padding, and text after the padding are errors: then
 * -1 is returned and b is as before. The size of b grows by at most len.
 */
int base64_decode(const char *text, size_t len, struct buf *b);

#endif
