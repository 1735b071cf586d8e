/* Tunnels that hold: Reconnect and its kin. */
#include "conf/special.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/str.h"
#include "conf/args.h"
#include "conf/conf.h"
#include "conf/scalar.h"

#define DELAY_MAX_SECONDS 86400

/* The descriptors that somebody may have left us. */
#define FD_MAX 65535

/* no, yes, or for how long. */
int
special_reconnect_parse(struct conf *c, struct args *a, struct err *e)
{
	const char *word = args_next(a);
	int seconds;

	if (word == NULL || *word == '\0')
		return err_set(e, ERR_CONF, "missing argument.");
	if (special_is_no(word)) {
		c->reconnect = CONF_RECONNECT_NO;
	} else if (special_is_yes(word)) {
		c->reconnect = CONF_RECONNECT_ALWAYS;
	} else {
		if (scalar_time(word, &seconds) != 0 || seconds == 0)
			return err_set(e, ERR_CONF, "invalid time value.");
		c->reconnect = seconds;
	}
	return 0;
}

void
special_reconnect_print(const struct conf *c, FILE *out)
{
	if (c->reconnect == CONF_RECONNECT_NO ||
	    c->reconnect == CONF_RECONNECT_ALWAYS)
		fprintf(out, "%s",
			c->reconnect == CONF_RECONNECT_NO ? "no" : "yes");
	else
		fprintf(out, "%d", c->reconnect);
}

/* Seconds, which may have a fraction; or as times are written. */
static int
parse_delay(const char *word, int *ret_ms)
{
	char *end;
	double seconds;
	int whole;

	if (scalar_time(word, &whole) == 0) {
		if (whole > DELAY_MAX_SECONDS)
			return -1;
		*ret_ms = whole * 1000;
		return 0;
	}
	if (word[strspn(word, "0123456789.")] != '\0')
		return -1;
	seconds = strtod(word, &end);
	if (end == word || *end != '\0' || seconds > DELAY_MAX_SECONDS)
		return -1;
	*ret_ms = (int)(seconds * 1000 + 0.5);
	return 0;
}

int
special_reconnect_delay_parse(struct conf *c, struct args *a, struct err *e)
{
	const char *least = args_next(a), *most = args_next(a);
	int least_ms, most_ms;

	if (least == NULL || most == NULL)
		return err_set(e, ERR_CONF, "missing argument.");
	if (parse_delay(least, &least_ms) != 0 ||
	    parse_delay(most, &most_ms) != 0 || least_ms == 0 ||
	    most_ms < least_ms)
		return err_set(e, ERR_CONF, "invalid time value.");
	c->reconnect_delay_min_ms = least_ms;
	c->reconnect_delay_max_ms = most_ms;
	return 0;
}

void
special_reconnect_delay_print(const struct conf *c, FILE *out)
{
	fprintf(out, "%g %g", c->reconnect_delay_min_ms / 1000.0,
		c->reconnect_delay_max_ms / 1000.0);
}

int
special_ready_fd_parse(struct conf *c, struct args *a, struct err *e)
{
	const char *word = args_next(a);
	long long fd = -1;

	if (word == NULL || *word == '\0')
		return err_set(e, ERR_CONF, "missing argument.");
	if (strcasecmp(word, "none") != 0 &&
	    str_to_number(word, 1, FD_MAX, &fd) != 0)
		return err_set(e, ERR_CONF, "not a descriptor: %s", word);
	c->ready_fd = (int)fd;
	return 0;
}

int
conf_events_fd(const struct conf *c)
{
	const char *value = c->events_file;
	long long fd = -1;

	if (value != NULL && str_starts(value, "fd:"))
		(void)str_to_number(value + strlen("fd:"), 1, FD_MAX, &fd);
	return (int)fd;
}

void
special_ready_fd_print(const struct conf *c, FILE *out)
{
	if (c->ready_fd >= 0)
		fprintf(out, "%d", c->ready_fd);
	else
		fprintf(out, "none");
}

int
special_exit_grace_parse(struct conf *c, struct args *a, struct err *e)
{
	const char *word = args_next(a);
	int seconds = -1;

	if (word == NULL || *word == '\0')
		return err_set(e, ERR_CONF, "missing argument.");
	if (strcasecmp(word, "none") != 0 && scalar_time(word, &seconds) != 0)
		return err_set(e, ERR_CONF, "invalid time value.");
	c->exit_grace = seconds;
	return 0;
}

void
special_exit_grace_print(const struct conf *c, FILE *out)
{
	if (c->exit_grace >= 0)
		fprintf(out, "%d", c->exit_grace);
	else
		fprintf(out, "none");
}
