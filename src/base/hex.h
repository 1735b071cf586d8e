/*
 * hex - bytes as hexadecimal digits.
 */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include <stddef.h>

/* Two digits, in either case, as a byte; -1 if that is not what is there. Looks
 * at the second only if the first is one. */
int hex_byte(const char *digits);

/* Write 2 * len small digits, and a NUL. */
void hex_encode(const void *data, size_t len, char *ret_text);

#endif
