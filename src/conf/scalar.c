#include "conf/scalar.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/xalloc.h"

/* Seconds in the time unit, or 0 if it is none. */
static int
unit_seconds(char unit)
{
	switch (unit) {
	case '\0':
	case 's':
	case 'S':
		return 1;
	case 'm':
	case 'M':
		return 60;
	case 'h':
	case 'H':
		return 60 * 60;
	case 'd':
	case 'D':
		return 24 * 60 * 60;
	case 'w':
	case 'W':
		return 7 * 24 * 60 * 60;
	default:
		return 0;
	}
}

int
scalar_time(const char *s, int *ret_seconds)
{
	long long total = 0;

	if (*s == '\0')
		return -1;
	while (*s != '\0') {
		long long number = 0;
		int unit;

		if (!isdigit((unsigned char)*s))
			return -1;
		for (; isdigit((unsigned char)*s); s++) {
			number = number * 10 + (*s - '0');
			if (number > INT_MAX)
				return -1;
		}
		unit = unit_seconds(*s);
		total += number * unit;
		if (unit == 0 || total > INT_MAX)
			return -1;
		if (*s != '\0')
			s++;
	}
	*ret_seconds = (int)total;
	return 0;
}

/* Multiply by the size unit at s, which must end the text. */
static int
scale_size(const char *s, double number, int64_t *ret_bytes)
{
	static const char units[] = "bkmgt";
	const char *unit;

	if (*s != '\0') {
		unit = strchr(units, tolower((unsigned char)*s));
		if (unit == NULL || s[1] != '\0')
			return -1;
		for (; unit > units; unit--)
			number *= 1024;
	}
	if (number >= 9e18)
		return -1;
	*ret_bytes = (int64_t)number;
	return 0;
}

int
scalar_size(const char *s, int64_t *ret_bytes)
{
	double number = 0, place = 1;

	if (!isdigit((unsigned char)*s))
		return -1;
	for (; isdigit((unsigned char)*s); s++) {
		number = number * 10 + (*s - '0');
		if (number >= 9e18)
			return -1;
	}
	if (*s == '.')
		for (s++; isdigit((unsigned char)*s); s++) {
			place /= 10;
			number += place * (*s - '0');
		}
	return scale_size(s, number, ret_bytes);
}

static const struct {
	const char *name;
	int value;
} dscp_names[] = {
	{ "af11", 0x28 },
	{ "af12", 0x30 },
	{ "af13", 0x38 },
	{ "af21", 0x48 },
	{ "af22", 0x50 },
	{ "af23", 0x58 },
	{ "af31", 0x68 },
	{ "af32", 0x70 },
	{ "af33", 0x78 },
	{ "af41", 0x88 },
	{ "af42", 0x90 },
	{ "af43", 0x98 },
	{ "cs0", 0x00 },
	{ "cs1", 0x20 },
	{ "cs2", 0x40 },
	{ "cs3", 0x60 },
	{ "cs4", 0x80 },
	{ "cs5", 0xa0 },
	{ "cs6", 0xc0 },
	{ "cs7", 0xe0 },
	{ "ef", 0xb8 },
	{ "le", 0x04 },
	{ "va", 0xb0 },
	{ "lowdelay", 0x10 },
	{ "throughput", 0x08 },
	{ "reliability", 0x04 },
	{ "none", SCALAR_DSCP_NONE },
};

#define N_DSCP_NAMES (sizeof(dscp_names) / sizeof(dscp_names[0]))

int
scalar_dscp(const char *s, int *ret_value)
{
	int number = 0;

	for (size_t i = 0; i < N_DSCP_NAMES; i++) {
		if (strcasecmp(s, dscp_names[i].name) == 0) {
			*ret_value = dscp_names[i].value;
			return 0;
		}
	}
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && s[2] != '\0') {
		for (s += 2; isxdigit((unsigned char)*s) && number < 256; s++)
			number = number * 16 +
				 (isdigit((unsigned char)*s)
				      ? *s - '0'
				      : tolower((unsigned char)*s) - 'a' + 10);
	} else if (isdigit((unsigned char)*s)) {
		for (; isdigit((unsigned char)*s) && number < 256; s++)
			number = number * 10 + (*s - '0');
	} else {
		return -1;
	}
	if (*s != '\0' || number > 255)
		return -1;
	*ret_value = number;
	return 0;
}

const char *
scalar_dscp_name(int value)
{
	for (size_t i = 0; i < N_DSCP_NAMES; i++)
		if (dscp_names[i].value == value)
			return dscp_names[i].name;
	return NULL;
}

int
scalar_tunnel(const char *s, int *ret_unit)
{
	long long number;

	if (strcasecmp(s, "any") == 0) {
		*ret_unit = SCALAR_TUNNEL_ANY;
		return 0;
	}
	if (str_to_number(s, 0, INT_MAX - 2, &number) != 0)
		return -1;
	*ret_unit = (int)number;
	return 0;
}

int
scalar_escape(const char *s, int *ret_value)
{
	const unsigned char *u = (const unsigned char *)s;

	if (strcmp(s, "none") == 0)
		*ret_value = SCALAR_ESCAPE_NONE;
	else if (u[0] != '\0' && u[1] == '\0')
		*ret_value = u[0];
	else if (u[0] == '^' && u[1] >= 64 && u[1] < 128 && u[2] == '\0')
		*ret_value = u[1] & 31;
	else
		return -1;
	return 0;
}

int
scalar_type_time(const char *s, char **ret_type, int *ret_seconds)
{
	const char *equals = strchr(s, '=');

	if (equals == NULL || equals == s ||
	    scalar_time(equals + 1, ret_seconds) != 0)
		return -1;
	*ret_type = xstrndup(s, (size_t)(equals - s));
	return 0;
}

bool
scalar_is_name_list(const char *s)
{
	if (*s == '-')
		return true;
	if (*s == '+' || *s == '^')
		s++;
	if (*s == '\0' || *s == ',')
		return false;
	for (; *s != '\0'; s++)
		if (!isgraph((unsigned char)*s))
			return false;
	return true;
}

bool
scalar_is_host(const char *s)
{
	if (*s == '-')
		return false;
	for (; *s != '\0'; s++)
		if (strchr("'`\"$\\;&<>|(){},", *s) != NULL ||
		    isspace((unsigned char)*s) || iscntrl((unsigned char)*s))
			return false;
	return true;
}

bool
scalar_is_user(const char *s)
{
	const char *text = s;

	if (*s == '-')
		return false;
	for (; *s != '\0'; s++) {
		if (strchr("'`\";&<>|(){}", *s) != NULL ||
		    iscntrl((unsigned char)*s))
			return false;
		/* A dash after a blank could become an option, and a final
		 * backslash would take the next character with it. */
		if (isspace((unsigned char)*s) && s[1] == '-')
			return false;
		if (*s == '\\' && s[1] == '\0')
			return false;
	}
	return *text != '\0';
}
