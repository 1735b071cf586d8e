/* What two offers agree on, and what is said when they do not. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "ssh/negotiation.h"
#include "tap.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define GCM "aes128-gcm@openssh.com"
#define CHACHA "chacha20-poly1305@openssh.com"

/* One side's lists, in the order of the message. */
typedef const char *const offer[NEGOTIATION_LISTS];

static const struct {
	const char *ours, *theirs, *agreed;
} agreements[] = {
	{ "a,b,c", "c,b", "b" },
	{ "a", "a", "a" },
	{ "a,b", "c,d", NULL },
	{ "a", "", NULL },
	{ "", "a", NULL },
	{ "", "", NULL },
	{ ",", ",", NULL },
	{ ",,a", "b,,a,", "a" },
	{ "abc", "ab,abcd,bc", NULL },
	{ "ab", "abc,xab,ab", "ab" },
	{ "ab,abc", "abc", "abc" },
	{ "A", "a", NULL },
	{ "a*", "ab", NULL },
};

static void
test_agree(void)
{
	for (size_t i = 0; i < N(agreements); i++) {
		char *agreed =
		    negotiation_agree(agreements[i].ours, agreements[i].theirs);

		is_str(agreed, agreements[i].agreed, "\"%s\" and \"%s\"",
		       agreements[i].ours, agreements[i].theirs);
		free(agreed);
	}
}

#define OURS                                                                   \
	{                                                                      \
		"k1,k2", "h1,h2", CHACHA ",c1,c2," GCM, CHACHA ",c1,c2," GCM,  \
		    "m1,m2", "m1,m2", "none", "none"                           \
	}
#define KEX(s)                                                                 \
	{                                                                      \
		s, "h1", "c1", "c1", "m1", "m1", "none", "none"                \
	}
#define CIPHERS(out, in)                                                       \
	{                                                                      \
		"k1", "h1", out, in, "m1", "m1", "none", "none"                \
	}
#define MACS(cipher, out, in)                                                  \
	{                                                                      \
		"k1", "h1", cipher, cipher, out, in, "none", "none"            \
	}
#define COMPRESSION(out, in)                                                   \
	{                                                                      \
		"k1", "h1", "c1", "c1", "m1", "m1", out, in                    \
	}

static const struct {
	offer theirs;
	const char *error; /* "": agreed */
} checks[] = {
	{ OURS, "" },
	{ KEX("k2,kex-strict-s-v00@openssh.com,ext-info-s"), "" },
	{ KEX("k3"), "no matching key exchange method found. "
		     "Their offer: k3 (ours: k1,k2)" },
	{ KEX(""), "no matching key exchange method found. "
		   "Their offer:  (ours: k1,k2)" },
	{ KEX("k\x1b[2J"), "no matching key exchange method found. "
			   "Their offer: k\\033[2J (ours: k1,k2)" },
	/* libssh2 would take them for methods, and crash */
	{ KEX("k1,ext-info-c"), "the server offers the key exchange method "
				"ext-info-c, which is a client's marker" },
	{ KEX("kex-strict-c-v00@openssh.com,k1"),
	  "the server offers the key exchange method "
	  "kex-strict-c-v00@openssh.com, which is a client's marker" },
	{ { "k1", "h3", "c1", "c1", "m1", "m1", "none", "none" },
	  "no matching host key type found. Their offer: h3 (ours: h1,h2)" },
	{ CIPHERS("c9", "c1"),
	  "no matching cipher found. Their offer: c9 (ours: " CHACHA
	  ",c1,c2," GCM ")" },
	{ CIPHERS("c1", "c8"),
	  "no matching cipher found. Their offer: c8 (ours: " CHACHA
	  ",c1,c2," GCM ")" },
	{ CIPHERS("c2,c1", "c1,c2"), "" },
	{ CIPHERS("c1", "c2"), "the server wants c1 in one direction and c2 "
			       "in the other, which is not supported" },
	{ CIPHERS("c1," CHACHA, "c1"),
	  "the server wants " CHACHA " in one direction and c1 in the "
	  "other, which is not supported" },
	{ MACS("c1", "m2", "m2"), "" },
	{ MACS("c1", "m3", "m1"),
	  "no matching MAC found. Their offer: m3 (ours: m1,m2)" },
	{ MACS("c1", "m1", ""),
	  "no matching MAC found. Their offer:  (ours: m1,m2)" },
	{ MACS("c1", "m1", "m2"), "the server wants m1 in one direction and "
				  "m2 in the other, which is not supported" },
	/* these have a MAC of their own */
	{ MACS(CHACHA, "m3", "m4"), "" },
	{ MACS(GCM, "", ""), "" },
	{ MACS(GCM, "m1", "m2"), "" },
	{ COMPRESSION("none", "zlib"), "no matching compression method found. "
				       "Their offer: zlib (ours: none)" },
	{ COMPRESSION("", "none"), "no matching compression method found. "
				   "Their offer:  (ours: none)" },
};

static void
set(struct negotiation *n, offer lists)
{
	for (size_t i = 0; i < NEGOTIATION_LISTS; i++)
		n->lists[i] = xstrdup(lists[i]);
}

static void
test_check(void)
{
	static offer our_lists = OURS;
	struct negotiation ours;

	set(&ours, our_lists);
	for (size_t i = 0; i < N(checks); i++) {
		struct negotiation theirs, agreed = { { NULL } };
		struct err e = { .kind = ERR_NONE };
		bool is_good = *checks[i].error == '\0';

		set(&theirs, checks[i].theirs);
		is_int(negotiation_check(&ours, &theirs, &agreed, &e),
		       is_good ? 0 : -1, "offer %zu", i);
		is_str(e.text, checks[i].error, "what is said of it");
		ok((agreed.lists[NEGOTIATION_KEX] != NULL) == is_good,
		   "what came of it");
		negotiation_clear(&agreed);
		negotiation_clear(&theirs);
	}
	negotiation_clear(&ours);
}

int
main(void)
{
	test_agree();
	test_check();
	return done_testing();
}
