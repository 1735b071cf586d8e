#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "net/own_address.h"
#include "tap.h"

static bool
is_tentative(const char *text, unsigned scope, const char *list)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6,
					.sin6_scope_id = scope };
	FILE *in = tmpfile();
	bool is;

	if (in == NULL || fputs(list, in) < 0 ||
	    inet_pton(AF_INET6, text, &address.sin6_addr) != 1)
		abort();
	rewind(in);
	is = own_address_is_tentative(in, &address);
	fclose(in);
	return is;
}

int
main(void)
{
	static const char list[] =
	    "00000000000000000000000000000001 01 80 10 80       lo\n"
	    "20010db8000000000000000000000077 03 40 00 c0       v0\n"
	    "20010db8000000000000000000000078 03 40 00 c8       v0\n"
	    "20010db8000000000000000000000079 03 40\n"
	    "20010db800000000000000000000007\n"
	    "fe80000000000000000000000000002a 03 40 20 c0       v0\n"
	    "fe80000000000000000000000000002b 04 40 20 c0       v1\n"
	    "fe80000000000000000000000000002a 12 40 20 c8       v2\n";
	static const struct {
		const char *text;
		unsigned scope;
		bool is_there;
	} cases[] = {
		{ "2001:db8::77", 0, true },
		{ "2001:db8::78", 0, false }, /* another's */
		{ "2001:db8::79", 0, false }, /* of a line that is cut off */
		{ "2001:db8::7", 0, false },
		{ "2001:db8::76", 0, false },
		{ "fe80::2a", 3, true },
		{ "fe80::2a", 4, false },
		{ "fe80::2a", 18, false },
		{ "fe80::2b", 4, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(is_tentative(cases[i].text, cases[i].scope, list) ==
		       cases[i].is_there,
		   "%s of %u", cases[i].text, cases[i].scope);
	ok(!is_tentative("2001:db8::77", 0, ""), "an empty list");
	return done_testing();
}
