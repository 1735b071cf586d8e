/*
 * spec - places to go: destinations and jump hosts as text.
 */
#ifndef CONF_SPEC_H
#define CONF_SPEC_H

#include <stddef.h>

struct spec_place {
	char *user; /* owned; NULL: not given */
	char *host; /* owned */
	int port;   /* 0: not given */
};

void spec_place_clear(struct spec_place *p);

/* "[user@]host" or "ssh://[user@]host[:port]", as ssh's destination; an IPv6
 * address may be in brackets. */
int spec_destination(const char *text, struct spec_place *ret_place);

/* Jump hosts, in the order in which they are reached; all zero: none. */
struct spec_hops {
	struct spec_place *items;
	size_t len;
	char *text; /* as written: "none" has no items */
};

/* "none", or one or more of "[user@]host[:port]", also as ssh:// URIs, with ','
 * between them. */
int spec_hops_parse(const char *text, struct spec_hops *ret_hops);

/* The form of ssh -G, owned by the caller: the last one as it was understood,
 * and what is before it as written; empty if there is none. */
char *spec_hops_print(const struct spec_hops *hops);

void spec_hops_clear(struct spec_hops *hops);

#endif
