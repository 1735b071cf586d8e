#include "connect/hosts_command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "conf/args.h"
#include "conf/conf.h"
#include "conf/tokens.h"
#include "connect/internal.h"
#include "keys/key.h"
#include "net/program.h"
#include "trust/known_hosts.h"

/* As much as of a file; and so long, if there is no ConnectTimeout. */
enum { OUTPUT_MAX = 64 * 1024 * 1024, TIMEOUT_SECONDS = 60 };

struct hosts_command {
	struct connection *connection;
	char *tag;     /* what messages call it, in ssh's words */
	char *command; /* what is run, for them */
	char *name, *about;
	struct program *program; /* NULL: it could not be run */
};

/* As it could be typed. */
static char *
assemble(const struct strv *argv)
{
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < argv->len; i++) {
		const char *arg = argv->items[i];
		const char *quote = strpbrk(arg, " \t") != NULL ? "\"" : "";

		buf_addf(&text, "%s%s", i > 0 ? " " : "", quote);
		for (; *arg != '\0'; arg++) {
			if (strchr("'\"\\", *arg) != NULL)
				buf_add_byte(&text, '\\');
			buf_add_byte(&text, (unsigned char)*arg);
		}
		buf_add_str(&text, quote);
	}
	return buf_take_str(&text);
}

/* Replace the tokens in all words but the first. */
static int
expand(const struct hosts_command *h, const struct hosts_query *q,
       struct strv *argv, struct err *e)
{
	const struct conf *o = h->connection->conf;
	const struct key *k = q->key;
	char *print = NULL, *base64 = NULL;
	struct tokens_extra extra;
	int rc = 0;

	if (k != NULL) {
		print = key_fingerprint(k, (enum key_hash)o->fingerprint_hash);
		base64 = key_base64(k);
	}
	extra = (struct tokens_extra){
		.searched = q->name,
		.reason = q->reason,
		.key = base64,
		.fingerprint = print,
		.key_type = k != NULL ? k->name : NULL,
	};
	for (size_t i = 1; i < argv->len && rc == 0; i++) {
		char *word = tokens_expand(o, "KnownHostsCommand",
					   argv->items[i], &extra, e);

		rc = word == NULL ? -1 : 0;
		if (rc == 0) {
			free(argv->items[i]);
			argv->items[i] = word;
		}
	}
	free(print);
	free(base64);
	return rc;
}

/* Is there something to be run? Says so if not. */
static bool
is_runnable(const struct hosts_command *h, const struct strv *argv)
{
	struct stat st;

	if (argv->len == 0) {
		log_error("%s \"%s\" yielded no arguments", h->tag,
			  h->connection->conf->known_hosts_command);
		return false;
	}
	if (argv->items[0][0] != '/') {
		log_error("%s path is not absolute", h->tag);
		return false;
	}
	if (stat(argv->items[0], &st) != 0) {
		log_error("Could not stat %s \"%s\": %s", h->tag,
			  argv->items[0], strerror(errno));
		return false;
	}
	return true;
}

static void
start(struct hosts_command *h, const struct strv *argv)
{
	const struct connection *c = h->connection;
	int seconds = c->conf->connect_timeout > 0 ? c->conf->connect_timeout
						   : TIMEOUT_SECONDS;
	const struct program_params p = {
		.loop = c->loop,
		.argv = argv->items,
		.max = OUTPUT_MAX,
		.timeout_ms = (int64_t)seconds * 1000,
		.wake = c->wake,
		.arg = c->arg,
	};

	log_debug3("%s: running %s", h->tag, h->command);
	h->program = program_new(&p);
	if (h->program == NULL)
		log_error("%s exec \"%s\": %s", h->tag, argv->items[0],
			  strerror(errno));
}

/* Make the words to be run; none, if they cannot be. Returns 0, or -1 where ssh
 * would not go on. */
static int
prepare(const struct hosts_command *h, const struct hosts_query *q,
	struct strv *ret_argv)
{
	const char *text = h->connection->conf->known_hosts_command;
	struct err e = { .kind = ERR_NONE };
	struct args args;
	int rc = 0;

	if (args_split_command(&args, text) != 0) {
		log_error("%s \"%s\" contains invalid quotes", h->tag, text);
	} else if (expand(h, q, &args.words, &e) != 0) {
		log_error("%s: %s", h->tag, e.text);
		rc = -1;
	} else if (is_runnable(h, &args.words)) {
		strv_copy(ret_argv, &args.words);
	}
	args_clear(&args);
	return rc;
}

struct hosts_command *
hosts_command_new(struct connection *c, const struct hosts_query *q)
{
	struct hosts_command *h;
	struct strv argv = STRV_INIT;

	if (c->conf->known_hosts_command == NULL)
		return NULL;
	h = xcalloc(1, sizeof(*h));
	h->connection = c;
	h->tag = xasprintf("KnownHostsCommand-%s", q->reason);
	h->name = xstrdup(q->name);
	h->about = xstrdup(q->about);
	if (prepare(h, q, &argv) != 0)
		return h;
	if (argv.len == 0) {
		hosts_command_free(h);
		return NULL;
	}
	h->command = assemble(&argv);
	start(h, &argv);
	strv_clear(&argv);
	return h;
}

void
hosts_command_free(struct hosts_command *h)
{
	if (h == NULL)
		return;
	program_free(h->program);
	free(h->tag);
	free(h->command);
	free(h->name);
	free(h->about);
	free(h);
}

/* Has it ended well? Says so if not. */
static bool
has_succeeded(const struct hosts_command *h, const struct program_result *r)
{
	switch (r->end) {
	case PROGRAM_EXITED:
		if (r->code == 0)
			return true;
		log_info("%s %s failed, status %d", h->tag, h->command,
			 r->code);
		break;
	case PROGRAM_SIGNALED:
		log_error("%s %s exited on signal %d", h->tag, h->command,
			  r->code);
		break;
	case PROGRAM_LATE:
		log_error("%s %s did not end in time", h->tag, h->command);
		break;
	case PROGRAM_VERBOSE:
		log_error("%s %s printed more than %d bytes", h->tag,
			  h->command, OUTPUT_MAX);
		break;
	}
	return false;
}

enum step
hosts_command_step(struct hosts_command *h, struct err *e)
{
	struct program_result result;
	bool has_output;

	if (h->program != NULL &&
	    program_step(h->program, &result) == STEP_AGAIN)
		return STEP_AGAIN;
	has_output = h->program != NULL && has_succeeded(h, &result);
	if (!has_output) {
		err_set(e, ERR_HOST_KEY, "KnownHostsCommand failed");
		return STEP_FAIL;
	}
	known_hosts_add_answer(h->connection->known_hosts, result.output,
			       h->tag, h->name, h->about);
	return STEP_DONE;
}
