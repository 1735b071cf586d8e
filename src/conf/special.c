#include "conf/special.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/forward_spec.h"
#include "base/path.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "conf/args.h"
#include "conf/conf.h"
#include "conf/scalar.h"
#include "conf/value.h"

/* What ChannelWindowMax may be: two packets at least, and less than a quarter
 * of what its 32 bits on the wire could say. */
#define WINDOW_LEAST ((int64_t)64 << 10)
#define WINDOW_MOST ((int64_t)1 << 30)

bool
special_is_yes(const char *s)
{
	return strcasecmp(s, "yes") == 0 || strcasecmp(s, "true") == 0;
}

bool
special_is_no(const char *s)
{
	return strcasecmp(s, "no") == 0 || strcasecmp(s, "false") == 0;
}

int
special_port_parse(struct conf *c, struct args *a, struct err *e)
{
	const char *word = value_word(a, e);
	int port = 0;

	if (word == NULL)
		return -1;
	if (forward_spec_port(word, &port) != 0 || port == 0)
		return err_set(e, ERR_CONF, "Bad port '%s'.", word);
	c->port = port;
	return 0;
}

void
special_port_print(const struct conf *c, FILE *out)
{
	fprintf(out, "%d", c->port);
}

int
special_escape_char_parse(struct conf *c, struct args *a, struct err *e)
{
	const char *word = value_word(a, e);

	if (word == NULL)
		return -1;
	if (scalar_escape(word, &c->escape_char) != 0)
		return err_set(e, ERR_CONF, "Bad escape character.");
	return 0;
}

void
special_escape_char_print(const struct conf *c, FILE *out)
{
	if (c->escape_char == SCALAR_ESCAPE_NONE)
		fprintf(out, "none");
	else if (c->escape_char < ' ')
		fprintf(out, "\\^%c", c->escape_char + '@');
	else if (c->escape_char > '~')
		fprintf(out, "\\%03o", (unsigned int)c->escape_char);
	else
		fputc(c->escape_char, out);
}

static int
parse_dscp(const char *word, int *ret_value, struct err *e)
{
	if (word == NULL || scalar_dscp(word, ret_value) != 0)
		return err_set(e, ERR_CONF, "Bad IPQoS value: %s",
			       word == NULL ? "(none)" : word);
	return 0;
}

int
special_ip_qos_parse(struct conf *c, struct args *a, struct err *e)
{
	int interactive = 0, bulk;

	if (parse_dscp(args_next(a), &interactive, e) != 0)
		return -1;
	bulk = interactive;
	if (args_left(a) > 0 && parse_dscp(args_next(a), &bulk, e) != 0)
		return -1;
	c->ip_qos_interactive = interactive;
	c->ip_qos_bulk = bulk;
	return 0;
}

static void
print_dscp(int value, FILE *out)
{
	const char *name = scalar_dscp_name(value);

	if (name != NULL)
		fprintf(out, "%s", name);
	else
		fprintf(out, "0x%02x", (unsigned int)value);
}

void
special_ip_qos_print(const struct conf *c, FILE *out)
{
	print_dscp(c->ip_qos_interactive, out);
	fputc(' ', out);
	print_dscp(c->ip_qos_bulk, out);
}

/* As in ssh, the bytes and the time are two values, and the time may come from
 * a later line than the bytes. */
int
special_rekey_limit_parse(struct conf *c, struct args *a, struct err *e)
{
	const char *word = value_word(a, e);
	int64_t bytes = 0;
	int seconds = 0;

	if (word == NULL)
		return -1;
	if (strcmp(word, "default") != 0 && scalar_size(word, &bytes) != 0)
		return err_set(e, ERR_CONF, "Bad number '%s'", word);
	if (bytes != 0 && bytes < 16)
		return err_set(e, ERR_CONF, "RekeyLimit too small");
	word = args_next(a);
	if (word != NULL && strcmp(word, "none") != 0 &&
	    scalar_time(word, &seconds) != 0)
		return err_set(e, ERR_CONF, "invalid time value.");
	if (!c->has_rekey_limit)
		c->rekey_limit = bytes;
	c->has_rekey_limit = true;
	if (word == NULL || strcmp(word, "none") == 0)
		return 0;
	if (!c->has_rekey_limit_time)
		c->rekey_limit_time = seconds;
	c->has_rekey_limit_time = true;
	return 0;
}

void
special_rekey_limit_print(const struct conf *c, FILE *out)
{
	fprintf(out, "%lld %d", (long long)c->rekey_limit, c->rekey_limit_time);
}

int
special_channel_window_max_parse(struct conf *c, struct args *a, struct err *e)
{
	const char *word = value_word(a, e);
	int64_t bytes;

	if (word == NULL)
		return -1;
	if (scalar_size(word, &bytes) != 0)
		return err_set(e, ERR_CONF, "Bad number '%s'", word);
	if (bytes < WINDOW_LEAST || bytes > WINDOW_MOST)
		return err_set(e, ERR_CONF,
			       "ChannelWindowMax must be from 64K to 1G");
	c->channel_window_max = bytes;
	return 0;
}

void
special_channel_window_max_print(const struct conf *c, FILE *out)
{
	fprintf(out, "%lld", (long long)c->channel_window_max);
}

int
special_tunnel_device_parse(struct conf *c, struct args *a, struct err *e)
{
	const char *word = value_word(a, e);
	int local, remote = SCALAR_TUNNEL_ANY, rc = 0;
	const char *colon;
	char *first;

	if (word == NULL)
		return -1;
	colon = strchr(word, ':');
	first = colon == NULL ? xstrdup(word)
			      : xstrndup(word, (size_t)(colon - word));
	if (scalar_tunnel(first, &local) != 0 ||
	    (colon != NULL && scalar_tunnel(colon + 1, &remote) != 0))
		rc = err_set(e, ERR_CONF, "Bad tun device.");
	free(first);
	if (rc != 0)
		return rc;
	c->tunnel_device_local = local;
	c->tunnel_device_remote = remote;
	return 0;
}

static void
print_tunnel(int unit, FILE *out)
{
	if (unit == SCALAR_TUNNEL_ANY)
		fprintf(out, "any");
	else
		fprintf(out, "%d", unit);
}

void
special_tunnel_device_print(const struct conf *c, FILE *out)
{
	print_tunnel(c->tunnel_device_local, out);
	fputc(':', out);
	print_tunnel(c->tunnel_device_remote, out);
}

/* yes, no, ask, confirm, confirm TIME, or a TIME. */
int
special_add_keys_parse(struct conf *c, struct args *a, struct err *e)
{
	const char *word = value_word(a, e);
	const char *more = args_next(a);
	int mode = CONF_ADD_KEYS_YES, life = 0, rc = 0;

	if (word == NULL)
		return -1;
	if (strcasecmp(word, "confirm") == 0) {
		mode = CONF_ADD_KEYS_CONFIRM;
		if (more != NULL && scalar_time(more, &life) != 0)
			return err_set(e, ERR_CONF, "invalid time value.");
		more = NULL;
	} else if (special_is_no(word)) {
		mode = CONF_ADD_KEYS_NO;
	} else if (strcasecmp(word, "ask") == 0) {
		mode = CONF_ADD_KEYS_ASK;
	} else if (!special_is_yes(word)) {
		rc = scalar_time(word, &life);
	}
	if (rc != 0 || more != NULL)
		return err_set(e, ERR_CONF, "unsupported option");
	c->add_keys_to_agent = mode;
	c->add_keys_to_agent_life = life;
	return 0;
}

void
special_add_keys_print(const struct conf *c, FILE *out)
{
	static const char *const names[] = {
		[CONF_ADD_KEYS_NO] = "false",
		[CONF_ADD_KEYS_YES] = "true",
		[CONF_ADD_KEYS_ASK] = "ask",
		[CONF_ADD_KEYS_CONFIRM] = "confirm",
	};
	bool confirm = c->add_keys_to_agent == CONF_ADD_KEYS_CONFIRM;

	if (c->add_keys_to_agent_life > 0)
		fprintf(out, "%s%d", confirm ? "confirm " : "",
			c->add_keys_to_agent_life);
	else
		fprintf(out, "%s", names[c->add_keys_to_agent]);
}

int
special_control_persist_parse(struct conf *c, struct args *a, struct err *e)
{
	const char *word = args_next(a);
	int timeout = 0;

	if (word == NULL || *word == '\0')
		return err_set(e, ERR_CONF, "Missing ControlPersist argument.");
	if (!special_is_no(word) && !special_is_yes(word) &&
	    scalar_time(word, &timeout) != 0)
		return err_set(e, ERR_CONF, "Bad ControlPersist argument.");
	c->control_persist = !special_is_no(word);
	c->control_persist_timeout = timeout;
	return 0;
}

void
special_control_persist_print(const struct conf *c, FILE *out)
{
	if (c->control_persist && c->control_persist_timeout > 0)
		fprintf(out, "%d", c->control_persist_timeout);
	else
		fprintf(out, "%s", c->control_persist ? "yes" : "no");
}

int
special_bind_mask_parse(struct conf *c, struct args *a, struct err *e)
{
	const char *word = args_next(a);
	long mask;
	char *end;

	if (word == NULL || *word == '\0')
		return err_set(e, ERR_CONF,
			       "Missing StreamLocalBindMask argument.");
	mask = strtol(word, &end, 8);
	if (*end != '\0' || mask < 0 || mask > 0777)
		return err_set(e, ERR_CONF, "Bad mask.");
	c->stream_local_bind_mask = (int)mask;
	return 0;
}

void
special_bind_mask_print(const struct conf *c, FILE *out)
{
	fprintf(out, "0%o", (unsigned int)c->stream_local_bind_mask);
}

#define KEYSTROKE_DEFAULT 20

/* yes, no, or interval:MILLISECONDS. */
int
special_keystroke_timing_parse(struct conf *c, struct args *a, struct err *e)
{
	const char *word = value_word(a, e);
	long long interval = KEYSTROKE_DEFAULT;

	if (word == NULL)
		return -1;
	if (special_is_no(word))
		interval = 0;
	else if (!special_is_yes(word) &&
		 (!str_starts(word, "interval:") ||
		  str_to_number(strchr(word, ':') + 1, 1, 1000, &interval)))
		return err_set(e, ERR_CONF, "unsupported option \"%s\".", word);
	c->obscure_keystroke_timing = (int)interval;
	return 0;
}

void
special_keystroke_timing_print(const struct conf *c, FILE *out)
{
	if (c->obscure_keystroke_timing == 0)
		fprintf(out, "no");
	else if (c->obscure_keystroke_timing == KEYSTROKE_DEFAULT)
		fprintf(out, "yes");
	else
		fprintf(out, "%d", c->obscure_keystroke_timing);
}

/* A socket path with ${VARIABLES}, or "$VARIABLE" alone. */
static int
check_agent(const char *word, struct err *e)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz_0123456789";
	char *expanded = path_expand_env(word, e);

	if (expanded == NULL)
		return err_set(e, ERR_CONF, "Invalid environment expansion %s.",
			       word);
	free(expanded);
	if (word[0] == '$' && word[1] != '{' &&
	    (word[1] == '\0' || word[1 + strspn(word + 1, allowed)] != '\0'))
		return err_set(e, ERR_CONF, "Invalid environment name %s.",
			       word);
	return 0;
}

int
special_forward_agent_parse(struct conf *c, struct args *a, struct err *e)
{
	const char *word = value_word(a, e);
	bool is_path;

	if (word == NULL)
		return -1;
	is_path = !special_is_yes(word) && !special_is_no(word);
	if (is_path && check_agent(word, e) != 0)
		return -1;
	if (is_path) {
		free(c->forward_agent_path);
		c->forward_agent_path = xstrdup(word);
	}
	c->forward_agent = !special_is_no(word);
	return 0;
}

/* As in ssh: with -A, too, the socket that a file names is the one. Another
 * agent may hold keys that the host must not use. */
bool
special_forward_agent_late(struct conf *c, const char *word)
{
	if (c->forward_agent_path != NULL || special_is_yes(word) ||
	    special_is_no(word))
		return false;
	c->forward_agent_path = xstrdup(word);
	return true;
}

void
special_forward_agent_print(const struct conf *c, FILE *out)
{
	if (c->forward_agent_path != NULL)
		fprintf(out, "%s", c->forward_agent_path);
	else
		fprintf(out, "%s", c->forward_agent ? "yes" : "no");
}

int
special_identity_agent_parse(struct conf *c, struct args *a, struct err *e)
{
	const char *word = value_word(a, e);

	if (word == NULL || check_agent(word, e) != 0)
		return -1;
	free(c->identity_agent);
	c->identity_agent = xstrdup(word);
	return 0;
}

void
special_identity_agent_print(const struct conf *c, FILE *out)
{
	const char *agent = c->identity_agent;

	fprintf(out, "%s", agent != NULL ? agent : "none");
}
