#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/address.h"
#include "tap.h"

static void
test_print(void)
{
	static const struct {
		int family;
		const char *text;
	} cases[] = {
		{ AF_INET, "192.0.2.1" },
		{ AF_INET6, "2001:db8::1" },
		{ AF_INET6, "::ffff:192.0.2.1" },
	};
	char text[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool is_six = cases[i].family == AF_INET6;
		struct address a = {
			.in6 = { .sin6_port = htons(2222) },
			.len = is_six ? sizeof(a.in6) : sizeof(a.in),
		};

		a.any.sa_family = (sa_family_t)cases[i].family;
		inet_pton(cases[i].family, cases[i].text,
			  is_six ? (void *)&a.in6.sin6_addr
				 : (void *)&a.in.sin_addr);
		is_int(address_print(&a, text, sizeof(text)), 0, "printed");
		is_str(text, cases[i].text, "address");
		is_int(address_port(&a), 2222, "port of %s", text);
	}
}

static void
test_path(void)
{
	struct address a = { .len = 0 };
	char path[sizeof(a.un.sun_path) + 1] = "", text[8] = "x";

	memset(path, 'p', sizeof(path) - 1);
	is_int(address_from_path(&a, path), -1, "a path too long");
	is_int((int)a.len, 0, "leaves the address as it was");
	path[sizeof(path) - 2] = '\0';
	is_int(address_from_abstract(&a, path), -1, "an abstract name, too");
	is_int(address_from_path(&a, path), 0, "the longest path");
	is_str(a.un.sun_path, path, "is copied");
	is_int(address_port(&a), 0, "has no port");
	is_int(address_print(&a, text, sizeof(text)), -1, "nor an address");
	is_str(text, "", "to be printed");
	is_int(address_from_abstract(&a, "name"), 0, "an abstract name");
	ok(memcmp(a.un.sun_path, "\0name", 6) == 0, "starts with a zero");
	is_int((int)a.len, (int)offsetof(struct sockaddr_un, sun_path) + 5,
	       "and ends with its length");
}

static void
test_ends(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct address here, there;
	socklen_t len = sizeof(sin);
	int server = socket(AF_INET, SOCK_STREAM, 0);
	int client = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(server, (struct sockaddr *)&sin, len) != 0 ||
	    listen(server, 1) != 0 || address_of_socket(&here, server) != 0)
		abort();
	is_int(address_of_peer(&there, client), -1, "nobody there yet");
	is_int(connect(client, &here.any, here.len), 0, "connected");
	is_int(address_of_peer(&there, client), 0, "somebody there");
	ok(address_port(&there) == address_port(&here) &&
	       address_port(&here) != 0,
	   "with the same port");
	is_int(address_of_socket(&here, -1), -1, "no socket");
	close(client);
	close(server);
}

int
main(void)
{
	test_print();
	test_path();
	test_ends();
	return done_testing();
}
