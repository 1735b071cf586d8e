#include "conf/spec.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/forward_spec.h"
#include "base/hex.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "conf/scalar.h"

#define MAX_HOPS 64

void
spec_place_clear(struct spec_place *p)
{
	free(p->user);
	free(p->host);
	memset(p, 0, sizeof(*p));
}

/* Undo the %XX of a URI; NULL if one is malformed or hides a NUL. */
static char *
uri_decode(const char *s, size_t len)
{
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < len; i++) {
		int byte;

		if (s[i] != '%') {
			buf_add_byte(&out, (unsigned char)s[i]);
			continue;
		}
		byte = i + 2 < len ? hex_byte(s + i + 1) : -1;
		if (byte <= 0) {
			buf_clear(&out);
			return NULL;
		}
		buf_add_byte(&out, (unsigned char)byte);
		i += 2;
	}
	return buf_take_str(&out);
}

/* "host", "host:port", "[host]" or "[host]:port"; the port may be empty. */
static int
parse_host_port(const char *s, struct spec_place *p)
{
	const char *end, *host = s;
	int port = 0;

	if (*s == '[') {
		host = s + 1;
		end = strchr(host, ']');
		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return -1;
		s = end + 1;
	} else {
		s += strcspn(s, ":/");
		end = s;
	}
	if (end == host || *s == '/')
		return -1;
	if (*s == ':' && s[1] != '\0' &&
	    (forward_spec_port(s + 1, &port) != 0 || port == 0))
		return -1;
	free(p->host);
	p->host = xstrndup(host, (size_t)(end - host));
	p->port = port;
	return 0;
}

/* What follows "ssh://". */
static int
parse_uri(const char *s, struct spec_place *ret_place)
{
	struct spec_place p = { NULL, NULL, 0 };
	size_t len = strcspn(s, "/");
	char *authority = xstrndup(s, len);
	char *host = strrchr(authority, '@');
	int rc = -1;

	if (s[len] == '/' && s[len + 1] != '\0')
		goto out;
	if (host != NULL) {
		/* Connection parameters after ';' have no meaning here. */
		size_t end = strcspn(authority, ";@");

		if (authority[end] == '@')
			end = (size_t)(host - authority);
		p.user = uri_decode(authority, end);
		if (p.user == NULL || *p.user == '\0')
			goto out;
		host++;
	} else {
		host = authority;
	}
	if (parse_host_port(host, &p) != 0)
		goto out;
	*ret_place = p;
	memset(&p, 0, sizeof(p));
	rc = 0;
out:
	spec_place_clear(&p);
	free(authority);
	return rc;
}

/* Split off what is before the last '@'. */
static int
parse_user(const char *text, char **ret_user, const char **ret_rest)
{
	const char *at = strrchr(text, '@');

	*ret_rest = at == NULL ? text : at + 1;
	if (at == NULL)
		return 0;
	if (at == text)
		return -1;
	*ret_user = xstrndup(text, (size_t)(at - text));
	return 0;
}

int
spec_destination(const char *text, struct spec_place *ret_place)
{
	struct spec_place p = { NULL, NULL, 0 };
	const char *host;
	size_t len;

	if (str_starts(text, "ssh://"))
		return parse_uri(text + strlen("ssh://"), ret_place);
	if (parse_user(text, &p.user, &host) != 0)
		return -1;
	len = strlen(host);
	if (host[0] == '[' && host[len - 1] == ']' && strchr(host, ':') != NULL)
		p.host = xstrndup(host + 1, len - 2);
	else
		p.host = xstrdup(host);
	*ret_place = p;
	return 0;
}

static int
parse_hop(const char *text, struct spec_place *ret_place)
{
	struct spec_place p = { NULL, NULL, 0 };
	const char *host;
	int rc;

	if (str_starts(text, "ssh://"))
		rc = parse_uri(text + strlen("ssh://"), &p);
	else if ((rc = parse_user(text, &p.user, &host)) == 0)
		rc = parse_host_port(host, &p);
	if (rc == 0 && scalar_is_host(p.host) &&
	    (p.user == NULL || scalar_is_user(p.user))) {
		*ret_place = p;
		return 0;
	}
	spec_place_clear(&p);
	return -1;
}

static int
add_hop(struct spec_hops *hops, const char *text, size_t len)
{
	char *word = xstrndup(text, len);
	struct spec_place place;
	int rc = hops->len < MAX_HOPS ? parse_hop(word, &place) : -1;

	free(word);
	if (rc != 0)
		return -1;
	hops->items = xreallocarray(hops->items, hops->len + 1, sizeof(place));
	hops->items[hops->len++] = place;
	return 0;
}

int
spec_hops_parse(const char *text, struct spec_hops *ret_hops)
{
	struct spec_hops hops = { .text = xstrdup(text) };
	const char *end;

	if (strcasecmp(text, "none") == 0) {
		*ret_hops = hops;
		return 0;
	}
	do {
		size_t len = strcspn(text, ",");

		end = text + len;
		if (add_hop(&hops, text, len) != 0) {
			spec_hops_clear(&hops);
			return -1;
		}
		text = end + 1;
	} while (*end != '\0');
	*ret_hops = hops;
	return 0;
}

char *
spec_hops_print(const struct spec_hops *hops)
{
	struct buf out = BUF_INIT;
	const struct spec_place *last;
	const char *comma;
	bool is_number;

	if (hops->len == 0)
		return xstrdup("");
	last = &hops->items[hops->len - 1];
	comma = strrchr(hops->text, ',');
	if (comma != NULL)
		buf_add(&out, hops->text, (size_t)(comma + 1 - hops->text));
	if (last->user != NULL)
		buf_addf(&out, "%s@", last->user);
	is_number = strchr(last->host, ':') != NULL ||
		    last->host[strspn(last->host, "0123456789.")] == '\0';
	buf_addf(&out, is_number ? "[%s]" : "%s", last->host);
	if (last->port != 0)
		buf_addf(&out, ":%d", last->port);
	return buf_take_str(&out);
}

void
spec_hops_clear(struct spec_hops *hops)
{
	for (size_t i = 0; i < hops->len; i++)
		spec_place_clear(&hops->items[i]);
	free(hops->items);
	free(hops->text);
	memset(hops, 0, sizeof(*hops));
}
