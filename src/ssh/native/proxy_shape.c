#include "ssh/native/proxy_shape.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Fields: b a byte, u a number, s a text, o any bytes. */
static const struct {
	enum proxy_shape shape;
	const char *type;
	const char *fields;
} shapes[] = {
	{ PROXY_SHAPE_OPEN, "session", "" },
	{ PROXY_SHAPE_OPEN, "direct-tcpip", "susu" },
	{ PROXY_SHAPE_OPEN, "direct-streamlocal@openssh.com", "ssu" },
	{ PROXY_SHAPE_REQUEST, "pty-req", "suuuuo" },
	{ PROXY_SHAPE_REQUEST, "x11-req", "bssu" },
	{ PROXY_SHAPE_REQUEST, "auth-agent-req@openssh.com", "" },
	{ PROXY_SHAPE_REQUEST, "env", "ss" },
	{ PROXY_SHAPE_REQUEST, "shell", "" },
	{ PROXY_SHAPE_REQUEST, "exec", "s" },
	{ PROXY_SHAPE_REQUEST, "subsystem", "s" },
	{ PROXY_SHAPE_REQUEST, "window-change", "uuuu" },
	{ PROXY_SHAPE_REQUEST, "xon-xoff", "b" },
	{ PROXY_SHAPE_REQUEST, "signal", "s" },
	{ PROXY_SHAPE_REQUEST, "break", "u" },
	{ PROXY_SHAPE_REQUEST, "eow@openssh.com", "" },
	{ PROXY_SHAPE_REQUEST, "keepalive@openssh.com", "" },
	{ PROXY_SHAPE_REQUEST, "exit-status", "u" },
	{ PROXY_SHAPE_REQUEST, "exit-signal", "sbss" },
};

#define N_SHAPES (sizeof(shapes) / sizeof(shapes[0]))

/* NULL if there is none. */
static const char *
find(enum proxy_shape shape, const char *type)
{
	for (size_t i = 0; i < N_SHAPES; i++)
		if (shapes[i].shape == shape &&
		    strcmp(shapes[i].type, type) == 0)
			return shapes[i].fields;
	return NULL;
}

static int
skip(struct wire *w, char field)
{
	const unsigned char *data;
	char *text = NULL;
	uint32_t number;
	uint8_t byte;
	size_t len;
	int rc;

	switch (field) {
	case 'b':
		return wire_get_byte(w, &byte);
	case 'u':
		return wire_get_u32(w, &number);
	case 's':
		rc = wire_get_cstring(w, &text);
		free(text);
		return rc;
	default:
		return wire_get_string(w, &data, &len);
	}
}

bool
proxy_shape_is_known(enum proxy_shape shape, const char *type)
{
	return find(shape, type) != NULL;
}

bool
proxy_shape_is_sound(enum proxy_shape shape, const char *type,
		     struct wire fields)
{
	const char *at = find(shape, type);

	if (at == NULL)
		return true;
	for (; *at != '\0'; at++)
		if (skip(&fields, *at) != 0)
			return false;
	return fields.len == 0;
}
