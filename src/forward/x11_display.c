#include "forward/x11_display.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/str.h"
#include "base/xalloc.h"

#define SOCKET_FORMAT "/tmp/.X11-unix/X%d"
#define PORT_BASE 6000
/* ssh's limit. */
#define SCREEN_MAX 400

bool
x11_display_is_valid(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr(":/.-_", *p) == NULL)
			return false;
	return *text != '\0' && *text != '-';
}

static bool
exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

/* A path is the socket's (launchd's displays are), with a screen behind it
 * or without. */
static char *
find_socket(const char *text)
{
	char *path = xstrdup(text);
	char *dot = strrchr(path, '.');

	if (!exists(path) && dot != NULL)
		*dot = '\0';
	if (exists(path))
		return path;
	free(path);
	return NULL;
}

/* Digits at the start of text, up to max. */
static int
parse_number(const char *text, int max, int *ret_number)
{
	size_t len = strspn(text, "0123456789");
	char *digits = xstrndup(text, len);
	long long number;
	int rc = str_to_number(digits, 0, max, &number);

	free(digits);
	if (rc == 0)
		*ret_number = (int)number;
	return rc;
}

static unsigned int
parse_screen(const char *text)
{
	const char *colon = strchr(text, ':');
	const char *dot = colon != NULL ? strchr(colon, '.') : NULL;
	long long screen;

	if (dot == NULL || str_to_number(dot + 1, 0, SCREEN_MAX, &screen) != 0)
		return 0;
	return (unsigned int)screen;
}

int
x11_display_parse(const char *text, struct x11_display *ret, struct err *e)
{
	bool is_local = str_starts(text, "unix:") || text[0] == ':';
	const char *colon = is_local ? strrchr(text, ':') : strchr(text, ':');
	struct x11_display d = { .screen = parse_screen(text) };
	int number;

	if (text[0] == '/')
		d.path = find_socket(text);
	if (d.path != NULL) {
		*ret = d;
		return 0;
	}
	if (colon == NULL)
		return err_set(e, ERR_FORWARD,
			       "Could not find ':' in DISPLAY: %.100s", text);
	if (parse_number(colon + 1, 65535 - PORT_BASE, &number) != 0)
		return err_set(e, ERR_FORWARD,
			       "Could not parse display number from DISPLAY: "
			       "%.100s",
			       text);
	if (is_local) {
		d.path = xasprintf(SOCKET_FORMAT, number);
		d.has_abstract = true;
	} else {
		d.host = xstrndup(text, (size_t)(colon - text));
		d.port = PORT_BASE + number;
	}
	*ret = d;
	return 0;
}

void
x11_display_clear(struct x11_display *d)
{
	free(d->host);
	free(d->path);
	d->host = NULL;
	d->path = NULL;
}
