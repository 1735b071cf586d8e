#include "base/match.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"
#include "base/xalloc.h"

static bool
same_char(char a, char b, bool fold)
{
	if (fold && a >= 'A' && a <= 'Z')
		a = (char)(a - 'A' + 'a');
	if (fold && b >= 'A' && b <= 'Z')
		b = (char)(b - 'A' + 'a');
	return a == b;
}

/*
 * Only the last '*' met ever needs to be tried again, because whatever an
 * earlier one could take, the last one can take as well.
 */
static bool
match_bytes(const char *s, const char *pattern, size_t len, bool fold)
{
	const char *end = pattern + len, *star = NULL, *retry = NULL;

	while (*s != '\0') {
		if (pattern < end && *pattern == '*') {
			star = ++pattern;
			retry = s;
		} else if (pattern < end &&
			   (*pattern == '?' || same_char(*s, *pattern, fold))) {
			pattern++;
			s++;
		} else if (star != NULL) {
			pattern = star;
			s = ++retry;
		} else {
			return false;
		}
	}
	while (pattern < end && *pattern == '*')
		pattern++;
	return pattern == end;
}

bool
match_pattern(const char *s, const char *pattern)
{
	return match_bytes(s, pattern, strlen(pattern), false);
}

enum match_result
match_list(const char *s, const char *list, bool fold)
{
	enum match_result result = MATCH_NO;

	while (*list != '\0') {
		bool negated = *list == '!';
		size_t len;

		if (negated)
			list++;
		len = strcspn(list, ",");
		if (match_bytes(s, list, len, fold)) {
			if (negated)
				return MATCH_NEGATED;
			result = MATCH_YES;
		}
		list += len;
		if (*list == ',')
			list++;
	}
	return result;
}

enum match_result
match_host(const char *host, const char *list)
{
	return match_list(host, list, true);
}

struct address {
	int family;
	unsigned char bytes[16];
	unsigned int bits; /* of the family: 32 or 128 */
	unsigned int scope;
};

static bool
parse_address(const char *s, struct address *a)
{
	struct addrinfo hints, *info = NULL;

	memset(&hints, 0, sizeof(hints));
	hints.ai_flags = AI_NUMERICHOST;
	hints.ai_socktype = SOCK_STREAM;
	/* getaddrinfo() takes "10.1" and "0x7f.1" for addresses as well. */
	if (strchr(s, ':') == NULL) {
		a->family = AF_INET;
		a->bits = 32;
		a->scope = 0;
		return inet_pton(AF_INET, s, a->bytes) == 1;
	}
	if (getaddrinfo(s, NULL, &hints, &info) != 0)
		return false;
	if (info->ai_family == AF_INET6) {
		struct sockaddr_in6 sin6;

		memcpy(&sin6, info->ai_addr, sizeof(sin6));
		memcpy(a->bytes, &sin6.sin6_addr, 16);
		a->scope = sin6.sin6_scope_id;
		a->bits = 128;
	}
	a->family = info->ai_family;
	freeaddrinfo(info);
	return a->family == AF_INET6;
}

enum block_result { BLOCK_NOT_ONE, BLOCK_BAD, BLOCK_OUTSIDE, BLOCK_INSIDE };

/* Are the bits of a from bit number first on all zero? */
static bool
is_zero_from(const struct address *a, unsigned int first)
{
	for (unsigned int i = first; i < a->bits; i++) {
		if ((a->bytes[i / 8] & (0x80 >> i % 8)) != 0)
			return false;
	}
	return true;
}

static bool
same_network(const struct address *a, const struct address *b,
	     unsigned int bits)
{
	unsigned int whole = bits / 8, rest = bits % 8;
	unsigned int mask = 0xff00U >> rest & 0xff;

	if (a->family != b->family || memcmp(a->bytes, b->bytes, whole) != 0)
		return false;
	if (b->scope != 0 && a->scope != b->scope)
		return false;
	return rest == 0 ||
	       (a->bytes[whole] & mask) == (b->bytes[whole] & mask);
}

/* Is addr in the block "address[/bits]"? */
static enum block_result
match_block(const struct address *addr, const char *block)
{
	char *text = xstrdup(block), *slash = strchr(text, '/');
	enum block_result result = BLOCK_NOT_ONE;
	struct address network;
	long long bits;

	if (slash != NULL)
		*slash++ = '\0';
	if (!parse_address(text, &network))
		goto out;
	bits = network.bits;
	if (slash != NULL && str_to_number(slash, 0, bits, &bits) != 0)
		goto out;
	if (!is_zero_from(&network, (unsigned int)bits))
		result = BLOCK_BAD;
	else if (same_network(addr, &network, (unsigned int)bits))
		result = BLOCK_INSIDE;
	else
		result = BLOCK_OUTSIDE;
out:
	free(text);
	return result;
}

enum match_result
match_address(const char *addr, const char *list)
{
	enum match_result result = MATCH_NO;
	struct address address;
	size_t len;

	if (!parse_address(addr, &address))
		return MATCH_NO;
	for (; *list != '\0'; list += len + (list[len] == ',')) {
		enum block_result found;
		bool negated = *list == '!';
		char *item;

		if (negated)
			list++;
		len = strcspn(list, ",");
		item = xstrndup(list, len);
		found = match_block(&address, item);
		if (found == BLOCK_NOT_ONE && match_pattern(addr, item))
			found = BLOCK_INSIDE;
		free(item);
		/* A block with host bits set is a mistake: trust none of it. */
		if (found == BLOCK_BAD)
			return MATCH_NO;
		if (found == BLOCK_INSIDE && negated)
			return MATCH_NEGATED;
		if (found == BLOCK_INSIDE)
			result = MATCH_YES;
	}
	return result;
}
