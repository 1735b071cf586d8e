#include "base/forward_spec.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/str.h"
#include "base/xalloc.h"

#define MAX_FIELDS 4
#define MAX_SOCKET_PATH sizeof(((struct sockaddr_un *)NULL)->sun_path)

struct field {
	char *text;
	bool is_path;
};

static void
clear_end(struct forward_end *end)
{
	free(end->host);
	free(end->path);
	memset(end, 0, sizeof(*end));
}

void
forward_spec_clear(struct forward_spec *spec)
{
	clear_end(&spec->listen);
	clear_end(&spec->connect);
}

int
forward_spec_port(const char *text, int *ret_port)
{
	const struct servent *service;
	long long number;

	if (str_to_number(text, 0, 65535, &number) == 0) {
		*ret_port = (int)number;
		return 0;
	}
	service = getservbyname(text, "tcp");
	if (service == NULL)
		return -1;
	*ret_port = ntohs((in_port_t)service->s_port);
	return 0;
}

/* Take the field at s, up to a ':'. Returns where the next one starts (at the
 * end of the text: its NUL), or NULL if it is malformed. */
static const char *
take_field(const char *s, struct field *f)
{
	struct buf text = BUF_INIT;

	if (*s == '[') {
		size_t len = strcspn(s + 1, "]");
		const char *end = s + 1 + len;

		if (*end == '\0' || (end[1] != '\0' && end[1] != ':'))
			return NULL;
		f->text = xstrndup(s + 1, len);
		f->is_path = strchr(f->text, '/') != NULL;
		return end[1] == '\0' ? end + 1 : end + 2;
	}
	for (; *s != '\0' && *s != ':'; s++) {
		if (*s == '\\' && *++s == '\0') {
			buf_clear(&text);
			return NULL;
		}
		f->is_path |= *s == '/';
		buf_add_byte(&text, (unsigned char)*s);
	}
	f->text = buf_take_str(&text);
	return *s == '\0' ? s : s + 1;
}

/* Returns the number of fields, or -1. */
static int
split(const char *s, struct field fields[MAX_FIELDS])
{
	int n = 0;

	while (isspace((unsigned char)*s))
		s++;
	while (*s != '\0' && n < MAX_FIELDS) {
		s = take_field(s, &fields[n]);
		if (s == NULL)
			return -1;
		n++;
	}
	return *s == '\0' ? n : -1;
}

static int
set_path(struct forward_end *end, const struct field *f)
{
	if (strlen(f->text) >= MAX_SOCKET_PATH)
		return -1;
	end->path = xstrdup(f->text);
	return 0;
}

/* A host with a ']' could not be put into brackets again. */
static int
set_host(struct forward_end *end, const struct field *f)
{
	if (strlen(f->text) >= NI_MAXHOST || strchr(f->text, ']') != NULL)
		return -1;
	end->host = xstrdup(f->text);
	return 0;
}

static int
set_port(struct forward_end *end, const struct field *f, int lowest)
{
	if (forward_spec_port(f->text, &end->port) != 0 || end->port < lowest)
		return -1;
	return 0;
}

/* A path, a port, or a host and a port. */
static int
set_listen(struct forward_end *end, const struct field *f, int n, int lowest)
{
	if (n == 1)
		return f[0].is_path ? set_path(end, &f[0])
				    : set_port(end, &f[0], lowest);
	if (n != 2 || set_host(end, &f[0]) != 0)
		return -1;
	return set_port(end, &f[1], lowest);
}

/* A path, or a host and a port. */
static int
set_connect(struct forward_end *end, const struct field *f, int n)
{
	if (n == 1)
		return f[0].is_path ? set_path(end, &f[0]) : -1;
	return set_listen(end, f, n, 1);
}

/* The forms with a target: one or two fields for either end. */
static int
set_both(struct forward_spec *spec, const struct field *f, int n, int lowest)
{
	bool has_bind = n == 4 || (n == 3 && !f[0].is_path && f[2].is_path);
	int n_listen = has_bind ? 2 : 1;

	if (n < 2 || set_listen(&spec->listen, f, n_listen, lowest) != 0)
		return -1;
	return set_connect(&spec->connect, f + n_listen, n - n_listen);
}

static int
set_spec(struct forward_spec *spec, const struct field *f, int n,
	 enum forward_kind kind)
{
	switch (kind) {
	case FORWARD_LOCAL:
		return set_both(spec, f, n, 1);
	case FORWARD_REMOTE:
		return set_both(spec, f, n, 0);
	case FORWARD_DYNAMIC:
		return set_listen(&spec->listen, f, n, 1);
	case FORWARD_REMOTE_DYNAMIC:
		return set_listen(&spec->listen, f, n, 0);
	case FORWARD_STDIO:
		return set_connect(&spec->connect, f, n);
	}
	return -1;
}

int
forward_spec_parse(const char *text, enum forward_kind kind,
		   struct forward_spec *ret_spec)
{
	struct forward_spec spec = { { NULL, 0, NULL }, { NULL, 0, NULL } };
	struct field fields[MAX_FIELDS] = { { NULL, false } };
	struct err ignored;
	char *expanded = path_expand_env(text, &ignored);
	int n, rc = -1;

	if (expanded == NULL)
		return -1;
	n = split(expanded, fields);
	if (n >= 1)
		rc = set_spec(&spec, fields, n, kind);
	if (rc == 0)
		*ret_spec = spec;
	else
		forward_spec_clear(&spec);
	for (n = 0; n < MAX_FIELDS; n++)
		free(fields[n].text);
	free(expanded);
	return rc;
}

static void
print_end(const struct forward_end *end, struct buf *out)
{
	if (end->path == NULL && end->host == NULL)
		buf_addf(out, "%d", end->port);
	else if (end->path == NULL)
		buf_addf(out, "[%s]:%d", end->host, end->port);
	else
		buf_add_str(out, end->path);
}

char *
forward_spec_print(const struct forward_spec *spec, enum forward_kind kind)
{
	struct buf out = BUF_INIT;

	if (kind != FORWARD_STDIO)
		print_end(&spec->listen, &out);
	if (!forward_spec_is_dynamic(spec)) {
		if (kind != FORWARD_STDIO)
			buf_add_byte(&out, ' ');
		print_end(&spec->connect, &out);
	} else if (kind == FORWARD_REMOTE || kind == FORWARD_REMOTE_DYNAMIC) {
		buf_add_str(&out, " [socks]:0");
	}
	return buf_take_str(&out);
}

bool
forward_spec_is_dynamic(const struct forward_spec *spec)
{
	return spec->connect.host == NULL && spec->connect.path == NULL;
}

static bool
is_same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
is_same_end(const struct forward_end *a, const struct forward_end *b)
{
	return a->port == b->port && is_same(a->host, b->host) &&
	       is_same(a->path, b->path);
}

bool
forward_spec_same_listen(const struct forward_spec *a,
			 const struct forward_spec *b)
{
	return is_same_end(&a->listen, &b->listen);
}

bool
forward_spec_same(const struct forward_spec *a, const struct forward_spec *b)
{
	return is_same_end(&a->listen, &b->listen) &&
	       is_same_end(&a->connect, &b->connect);
}

char *
forward_end_name(const struct forward_end *end)
{
	if (end->path != NULL)
		return xstrdup(end->path);
	return xasprintf("%s:%d", end->host != NULL ? end->host : "",
			 end->port);
}

static struct forward_end
copy_end(const struct forward_end *from)
{
	return (struct forward_end){
		.host = xstrdup_any(from->host),
		.port = from->port,
		.path = xstrdup_any(from->path),
	};
}

struct forward_spec
forward_spec_copy(const struct forward_spec *from)
{
	return (struct forward_spec){
		.listen = copy_end(&from->listen),
		.connect = copy_end(&from->connect),
	};
}

void
forward_specs_add_take(struct forward_specs *list, struct forward_spec *spec)
{
	list->items =
	    xreallocarray(list->items, list->len + 1, sizeof(*list->items));
	list->items[list->len++] = *spec;
	memset(spec, 0, sizeof(*spec));
}

bool
forward_specs_has(const struct forward_specs *list,
		  const struct forward_spec *spec)
{
	for (size_t i = 0; i < list->len; i++)
		if (forward_spec_same(&list->items[i], spec))
			return true;
	return false;
}

void
forward_specs_clear(struct forward_specs *list)
{
	for (size_t i = 0; i < list->len; i++)
		forward_spec_clear(&list->items[i]);
	free(list->items);
	memset(list, 0, sizeof(*list));
}
