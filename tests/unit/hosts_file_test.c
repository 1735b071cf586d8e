#include <stdlib.h>
#include <sys/socket.h>

#include "base/strv.h"
#include "net/hosts_file.h"
#include "tap.h"

static FILE *
open_text(const char *text)
{
	FILE *in = tmpfile();

	if (in == NULL || fputs(text, in) < 0)
		abort();
	rewind(in);
	return in;
}

static void
test_names(void)
{
	static const char hosts[] = "# the harbour\n"
				    "127.0.0.1 localhost\n"
				    "\t192.0.2.1\tquay quay.example # pier\n"
				    "\n"
				    "2001:db8::1 Mole\n"
				    "192.0.2.2\n"
				    "192.0.2 wreck\n"
				    "2001:db8:::1 wreck\n"
				    "fog wreck\n"
				    "192.0.2.3 last";
	static const struct {
		const char *name;
		int family;
		bool is_there;
	} cases[] = {
		{ "localhost", AF_UNSPEC, true },
		{ "LOCALHOST", AF_INET, true },
		{ "localhost", AF_INET6, false },
		{ "quay", AF_UNSPEC, true },
		{ "quay.example", AF_INET, true },
		{ "quay.exampl", AF_UNSPEC, false },
		{ "mole", AF_INET6, true },
		{ "mole", AF_INET, false },
		{ "last", AF_UNSPEC, true },
		{ "pier", AF_UNSPEC, false },
		{ "wreck", AF_UNSPEC, false },
		{ "harbour", AF_UNSPEC, false },
		{ "192.0.2.1", AF_UNSPEC, false },
		{ "192.0.2.2", AF_UNSPEC, false },
		{ "", AF_UNSPEC, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FILE *in = open_text(hosts);

		ok(hosts_file_has(in, cases[i].name, cases[i].family) ==
		       cases[i].is_there,
		   "\"%s\" %s", cases[i].name,
		   cases[i].is_there ? "is there" : "is not");
		fclose(in);
	}
}

static void
test_list(void)
{
	FILE *in = open_text("127.0.0.1 localhost # loopback\n"
			     "quay.example 192.0.2.1\n"
			     "  192.0.2.1\tquay.example quay\n"
			     "#192.0.2.2 wreck\n"
			     "2001:db8::1 mole quay\n192.0.2.3");
	struct strv names = STRV_INIT;
	char *all;

	hosts_file_list(in, &names);
	all = strv_join(&names, " ");
	is_str(all, "localhost quay.example quay mole quay", "all names");
	free(all);
	strv_clear(&names);
	fclose(in);
}

static void
test_order(void)
{
	static const struct {
		const char *nsswitch;
		bool is_first;
	} cases[] = {
		{ "passwd: files\nhosts: files dns\n", true },
		{ "hosts:files", true },
		{ "\thosts:\tfiles [NOTFOUND=return] dns\n", true },
		{ "hosts: dns files\nhosts: files\n", false },
		{ "hosts: mymachines files dns\n", false },
		{ "hosts: # files\nnetworks: files\n", false },
		{ "#hosts: files\n", false },
		{ "hosts: filesystem\n", false },
		{ "", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FILE *in = open_text(cases[i].nsswitch);

		ok(hosts_file_is_first(in) == cases[i].is_first,
		   "case %zu: the file is %s", i,
		   cases[i].is_first ? "first" : "not first");
		fclose(in);
	}
}

int
main(void)
{
	test_names();
	test_list();
	test_order();
	return done_testing();
}
