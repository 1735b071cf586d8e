#include "term/escape.h"

#include "base/buf.h"

/* In the order of the help text. */
static const struct command {
	unsigned char key;
	enum escape_action action;
	const char *name; /* in the help text; NULL: named by the one before */
	const char *text;
} commands[] = {
	{ '.', ESCAPE_DISCONNECT, ".",
	  "terminate connection (and any multiplexed sessions)" },
	{ 'B', ESCAPE_BREAK, "B", "send a BREAK to the remote system" },
	{ 'C', ESCAPE_COMMANDLINE, "C", "open a command line" },
	{ 'I', ESCAPE_INFO, "I", "show information about the connection" },
	{ 'R', ESCAPE_REKEY, "R", "request rekey" },
	{ 'V', ESCAPE_QUIETER, "V/v",
	  "decrease/increase verbosity (LogLevel)" },
	{ 'v', ESCAPE_LOUDER, NULL, NULL },
	{ 'Z' - '@', ESCAPE_SUSPEND, "^Z", "suspend ssh" },
	{ '#', ESCAPE_LIST, "#", "list forwarded connections" },
	{ '&', ESCAPE_BACKGROUND, "&",
	  "background ssh (when waiting for connections to terminate)" },
	{ '?', ESCAPE_HELP, "?", "this message" },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

void
escape_init(struct escape *e, int key)
{
	e->key = key >= 0 && key <= 255 ? key : ESCAPE_DISABLED;
	e->is_after_newline = true;
	e->is_pending = false;
}

static const struct command *
find_key(unsigned char key)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (commands[i].key == key)
			return &commands[i];
	return NULL;
}

/* Returns the command that this byte completes. */
static const struct command *
feed_byte(struct escape *e, unsigned char byte, struct buf *out)
{
	const struct command *c;

	if (e->is_pending) {
		e->is_pending = false;
		/* The line still counts as empty after a command. */
		c = find_key(byte);
		if (c != NULL)
			return c;
		if (byte != e->key)
			buf_add_byte(out, (unsigned char)e->key);
	} else if (e->is_after_newline && byte == e->key) {
		e->is_pending = true;
		return NULL;
	}
	e->is_after_newline = byte == '\r' || byte == '\n';
	buf_add_byte(out, byte);
	return NULL;
}

enum escape_action
escape_feed(struct escape *e, const void *data, size_t len, struct buf *out,
	    size_t *ret_used)
{
	const unsigned char *in = data;

	*ret_used = len;
	if (e->key == ESCAPE_DISABLED) {
		buf_add(out, in, len);
		return ESCAPE_NONE;
	}
	for (size_t i = 0; i < len; i++) {
		const struct command *c = feed_byte(e, in[i], out);

		if (c != NULL) {
			*ret_used = i + 1;
			return c->action;
		}
	}
	return ESCAPE_NONE;
}

static void
print_byte(int byte, struct buf *out)
{
	if (byte < ' ' || byte == 0x7f)
		buf_addf(out, "^%c", byte ^ '@');
	else
		buf_add_byte(out, (unsigned char)byte);
}

void
escape_print(const struct escape *e, enum escape_action action, struct buf *out)
{
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (commands[i].action != action)
			continue;
		print_byte(e->key, out);
		print_byte(commands[i].key, out);
	}
}

void
escape_help(const struct escape *e, unsigned hidden, unsigned impossible,
	    struct buf *out)
{
	struct buf key = BUF_INIT;

	print_byte(e->key, &key);
	buf_addf(out, "%s?\r\nSupported escape sequences:\r\n", buf_str(&key));
	for (size_t i = 0; i < N_COMMANDS; i++) {
		const struct command *c = &commands[i];
		bool is_possible = (impossible & ESCAPE_BIT(c->action)) == 0;

		if (c->name == NULL || (hidden & ESCAPE_BIT(c->action)) != 0)
			continue;
		buf_addf(out, " %s%-3s - %s%s\r\n", buf_str(&key), c->name,
			 c->text, is_possible ? "" : " (not possible)");
	}
	buf_addf(out,
		 " %s%s   - send the escape character by typing it twice\r\n"
		 "(Note that escapes are only recognized immediately after "
		 "newline.)\r\n",
		 buf_str(&key), buf_str(&key));
	buf_clear(&key);
}
