/*
 * str - small questions about strings that the C library does not answer.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);

/*
 * Parse all of s as a decimal number from min to max. Returns 0 and sets
 * *ret_value, or -1 (value untouched).
 */
int str_to_number(const char *s, long long min, long long max,
		  long long *ret_value);

/*
 * A printable copy of len bytes of outside text, for the terminal: printable
 * ASCII, valid printable UTF-8 (in a UTF-8 locale), \n and \t are kept ("\r\n"
 * becomes "\n"); every other byte becomes a backslash and three octal digits.
 * The caller frees it.
 */
char *str_visible(const char *text, size_t len);

/* The same for text that must stay on one line: \n and \t become octal too. */
char *str_visible_line(const char *text, size_t len);

/* Lower-case ASCII copy; the caller frees it. */
char *str_lower(const char *s);

#endif
