#include "conf/spec.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hex.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "conf/scalar.h"

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

/* "host", "host:port", "[host]" or "[host]:port". */
static int
parse_host_port(const char *s, bool may_be_empty_port, struct spec_place *p)
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
		s += strcspn(s, ":");
		end = s;
	}
	if (end == host)
		return -1;
	if (*s == ':' && !(s[1] == '\0' && may_be_empty_port) &&
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
	if (parse_host_port(host, true, &p) != 0)
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

int
spec_jump(const char *text, struct spec_place *ret_place)
{
	struct spec_place p = { NULL, NULL, 0 };
	const char *host;

	if (str_starts(text, "ssh://"))
		return parse_uri(text + strlen("ssh://"), ret_place);
	if (parse_user(text, &p.user, &host) != 0 ||
	    parse_host_port(host, false, &p) != 0 || !scalar_is_host(p.host) ||
	    (p.user != NULL && !scalar_is_user(p.user))) {
		spec_place_clear(&p);
		return -1;
	}
	*ret_place = p;
	return 0;
}

int
spec_forward(const char *text, enum forward_kind kind, char **ret_text)
{
	struct forward_spec spec;

	if (forward_spec_parse(text, kind, &spec) != 0)
		return -1;
	*ret_text = forward_spec_print(&spec, kind);
	forward_spec_clear(&spec);
	return 0;
}
