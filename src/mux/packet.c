#include "mux/packet.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/wire.h"

#define LENGTH_LEN 4

enum field_kind {
	FIELD_END,
	FIELD_NUMBER,
	FIELD_FLAG,
	FIELD_TEXT,
	FIELD_RESERVED, /* an empty string */
	FIELD_EXTENSIONS,
	FIELD_ENVIRONMENT,
};

struct field {
	enum field_kind kind;
	size_t offset; /* in struct mux_packet */
};

#define N_FIELDS 12

/* clang-format off */
#define NUMBER(f)  { FIELD_NUMBER, offsetof(struct mux_packet, f) }
#define FLAG(f)    { FIELD_FLAG, offsetof(struct mux_packet, f) }
#define TEXT(f)    { FIELD_TEXT, offsetof(struct mux_packet, f) }
#define REST(k, f) { FIELD_##k, offsetof(struct mux_packet, f) }
#define RESERVED   { FIELD_RESERVED, 0 }
#define ID         NUMBER(id)

#define FORWARD \
	NUMBER(forward.type), TEXT(forward.listen_host), \
	NUMBER(forward.listen_port), TEXT(forward.connect_host), \
	NUMBER(forward.connect_port)

static const struct layout {
	uint32_t type;
	struct field fields[N_FIELDS];
} layouts[] = {
	{ MUX_HELLO, { NUMBER(value), REST(EXTENSIONS, extensions) } },
	{ MUX_C_NEW_SESSION,
	  { ID, RESERVED, FLAG(session.wants_tty), FLAG(session.wants_x11),
	    FLAG(session.wants_agent), FLAG(session.is_subsystem),
	    NUMBER(session.escape), TEXT(session.term), TEXT(session.command),
	    REST(ENVIRONMENT, session.environment) } },
	{ MUX_C_ALIVE_CHECK, { ID } },
	{ MUX_C_TERMINATE, { ID } },
	{ MUX_C_OPEN_FORWARD, { ID, FORWARD } },
	{ MUX_C_CLOSE_FORWARD, { ID, FORWARD } },
	{ MUX_C_NEW_STDIO_FORWARD,
	  { ID, RESERVED, TEXT(forward.connect_host),
	    NUMBER(forward.connect_port) } },
	{ MUX_C_STOP_LISTENING, { ID } },
	{ MUX_C_PROXY, { ID } },
	{ MUX_C_INFO, { ID, TEXT(text) } },
	{ MUX_S_OK, { ID } },
	{ MUX_S_PERMISSION_DENIED, { ID, TEXT(text) } },
	{ MUX_S_FAILURE, { ID, TEXT(text) } },
	{ MUX_S_EXIT_MESSAGE, { ID, NUMBER(value) } },
	{ MUX_S_ALIVE, { ID, NUMBER(value) } },
	{ MUX_S_SESSION_OPENED, { ID, NUMBER(value) } },
	{ MUX_S_REMOTE_PORT, { ID, NUMBER(value) } },
	{ MUX_S_TTY_ALLOC_FAIL, { ID } },
	{ MUX_S_PROXY, { ID } },
	{ MUX_S_INFO, { ID, TEXT(text) } },
};
/* clang-format on */

#define N_LAYOUTS (sizeof(layouts) / sizeof(layouts[0]))

static const struct layout *
find_layout(uint32_t type)
{
	for (size_t i = 0; i < N_LAYOUTS; i++)
		if (layouts[i].type == type)
			return &layouts[i];
	return NULL;
}

void
mux_packet_clear(struct mux_packet *p)
{
	free(p->text);
	free(p->session.term);
	free(p->session.command);
	strv_clear(&p->session.environment);
	free(p->forward.listen_host);
	free(p->forward.connect_host);
	strv_clear(&p->extensions);
	*p = (struct mux_packet){ 0 };
}

/* --- out --- */

static void
put_text(struct buf *out, const char *text)
{
	wire_put_cstring(out, text != NULL ? text : "");
}

static void
put_all(struct buf *out, const struct strv *texts)
{
	for (size_t i = 0; i < texts->len; i++)
		put_text(out, texts->items[i]);
}

/* Their values are versions; there is no second one yet. */
static void
put_extensions(struct buf *out, const struct strv *names)
{
	for (size_t i = 0; i < names->len; i++) {
		put_text(out, names->items[i]);
		put_text(out, "0");
	}
}

static void
put_field(struct buf *out, const struct field *f, const void *value)
{
	switch (f->kind) {
	case FIELD_END:
		break;
	case FIELD_NUMBER:
		wire_put_u32(out, *(const uint32_t *)value);
		break;
	case FIELD_FLAG:
		wire_put_u32(out, *(const bool *)value ? 1 : 0);
		break;
	case FIELD_TEXT:
		put_text(out, *(char *const *)value);
		break;
	case FIELD_RESERVED:
		put_text(out, "");
		break;
	case FIELD_EXTENSIONS:
		put_extensions(out, value);
		break;
	case FIELD_ENVIRONMENT:
		put_all(out, value);
		break;
	}
}

void
mux_packet_put(struct buf *out, const struct mux_packet *p)
{
	const struct layout *l = find_layout(p->type);
	struct buf body = BUF_INIT;

	assert(l != NULL);
	wire_put_u32(&body, p->type);
	for (size_t i = 0; i < N_FIELDS; i++)
		put_field(&body, &l->fields[i],
			  (const char *)p + l->fields[i].offset);
	wire_put_string(out, body.data, body.len);
	buf_clear(&body);
}

/* --- in --- */

static int
get_flag(struct wire *w, bool *ret_flag)
{
	uint32_t value;

	if (wire_get_u32(w, &value) != 0)
		return -1;
	*ret_flag = value != 0;
	return 0;
}

static int
get_extensions(struct wire *w, struct strv *names)
{
	while (w->len > 0) {
		struct wire value;
		char *name;

		if (wire_get_cstring(w, &name) != 0)
			return -1;
		if (names->len < MUX_ENVIRONMENT_MAX)
			strv_add_take(names, name);
		else
			free(name);
		if (wire_get_wire(w, &value) != 0)
			return -1;
	}
	return 0;
}

static int
get_environment(struct wire *w, struct strv *texts)
{
	while (w->len > 0 && texts->len < MUX_ENVIRONMENT_MAX) {
		char *text;

		if (wire_get_cstring(w, &text) != 0)
			return -1;
		strv_add_take(texts, text);
	}
	return 0;
}

static int
get_field(struct wire *w, const struct field *f, void *value)
{
	struct wire ignored;

	switch (f->kind) {
	case FIELD_END:
		break;
	case FIELD_NUMBER:
		return wire_get_u32(w, value);
	case FIELD_FLAG:
		return get_flag(w, value);
	case FIELD_TEXT:
		return wire_get_cstring(w, value);
	case FIELD_RESERVED:
		return wire_get_wire(w, &ignored);
	case FIELD_EXTENSIONS:
		return get_extensions(w, value);
	case FIELD_ENVIRONMENT:
		return get_environment(w, value);
	}
	return 0;
}

long
mux_packet_missing(const void *data, size_t len, struct err *e)
{
	struct wire w;
	uint32_t want;

	if (len < LENGTH_LEN)
		return (long)(LENGTH_LEN - len);
	wire_init(&w, data, len);
	if (wire_get_u32(&w, &want) != 0 || want < sizeof(uint32_t) ||
	    want > MUX_PACKET_MAX)
		return err_set(e, ERR_PROTOCOL,
			       "multiplexing packet of %u bytes", want);
	return w.len < want ? (long)(want - w.len) : 0;
}

int
mux_packet_parse(const void *data, size_t len, struct mux_packet *ret_packet,
		 struct err *e)
{
	struct mux_packet p = { 0 };
	const struct layout *l;
	struct wire all, w;

	wire_init(&all, data, len);
	if (wire_get_wire(&all, &w) != 0 || wire_get_u32(&w, &p.type) != 0)
		return err_set(e, ERR_PROTOCOL,
			       "malformed multiplexing packet");
	l = find_layout(p.type);
	p.is_known = l != NULL;
	/* to be told so, whoever asks for what we do not know */
	if (l == NULL)
		wire_get_u32(&w, &p.id);
	for (size_t i = 0; l != NULL && i < N_FIELDS; i++)
		if (get_field(&w, &l->fields[i],
			      (char *)&p + l->fields[i].offset) != 0) {
			err_set(e, ERR_PROTOCOL,
				"malformed multiplexing packet 0x%08x", p.type);
			mux_packet_clear(&p);
			return -1;
		}
	*ret_packet = p;
	return 0;
}

static bool
is_name(const char *text)
{
	return text == NULL || strlen(text) <= MUX_NAME_MAX;
}

bool
mux_forward_is_sound(const struct mux_forward *f)
{
	return is_name(f->listen_host) && is_name(f->connect_host);
}

bool
mux_packet_has_extension(const struct mux_packet *p, const char *name)
{
	return strv_has(&p->extensions, name);
}
