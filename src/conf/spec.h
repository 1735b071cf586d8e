/*
 * spec - places to go: destinations and jump hosts as text.
 */
#ifndef CONF_SPEC_H
#define CONF_SPEC_H

struct spec_place {
	char *user; /* owned; NULL: not given */
	char *host; /* owned */
	int port;   /* 0: not given */
};

void spec_place_clear(struct spec_place *p);

/* "[user@]host" or "ssh://[user@]host[:port]", as ssh's destination; an IPv6
 * address may be in brackets. */
int spec_destination(const char *text, struct spec_place *ret_place);

/* "[user@]host[:port]" or the same as an ssh:// URI: one jump host. */
int spec_jump(const char *text, struct spec_place *ret_place);

#endif
