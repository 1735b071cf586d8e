#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "data.h"
#include "tap.h"

/* Forwardings are as many as somebody needs. */
static void
test_many(void)
{
	enum { MANY = 5000 };
	struct buf text = BUF_INIT;
	struct err e = { .text = "" };
	struct conf c;

	for (int i = 0; i < MANY; i++)
		buf_addf(&text, "LocalForward %d h:1\n", 1 + i);
	conf_init(&c);
	is_int(conf_load_text(&c, buf_str(&text), text.len, "F", &e), 0,
	       "many forwardings %s", e.text);
	is_int((long long)c.local_forward.len, MANY, "all are there");
	conf_clear(&c);
	buf_clear(&text);
}

/* Where values are from is kept, but not of what is taken away again. */
static void
test_undone(void)
{
	enum { MANY = 100000 };
	struct buf text = BUF_INIT;
	struct err e = { .text = "" };
	struct conf c;

	buf_add_str(&text, "SendEnv A\n");
	for (int i = 0; i < MANY; i++)
		buf_add_str(&text, "SendEnv B C\nSendEnv -B\nSendEnv -C\n");
	buf_add_str(&text, "SendEnv D\n");
	conf_init(&c);
	is_int(conf_load_text(&c, buf_str(&text), text.len, "F", &e), 0,
	       "variables come and go %s", e.text);
	is_int((long long)c.send_env.len, 2, "two stay");
	ok(c.history.len < 8, "little is kept: %zu", c.history.len);
	is_str(c.history.items[0].place, "F line 1", "the first line");
	conf_clear(&c);
	buf_clear(&text);
}

/* What is wrong is not told without end, nor looked for. */
static void
test_bad(void)
{
	enum { MANY = 100000 };
	struct buf text = BUF_INIT;
	struct err e = { .text = "" };
	struct conf c;

	for (int i = 0; i < MANY; i++)
		buf_add_str(&text, "Hostnaem x\n");
	conf_init(&c);
	is_int(conf_load_text(&c, buf_str(&text), text.len, "F", &e), -1,
	       "many bad lines");
	is_str(e.text, "F: terminating, 1000 bad configuration options",
	       "nobody reads on");
	is_int((long long)c.errors.len, 1000, "so many are told");
	conf_clear(&c);
	buf_clear(&text);
}

/* A file of the user's that says "Port 5" and then nothing, for so long. */
static void
check_size(const char *path, off_t size, const char *want)
{
	struct err e = { .text = "" };
	struct conf c;

	data_write(path, "Port 5\n", 7, 0600);
	ok(truncate(path, size) == 0, "a file of %lld bytes", (long long)size);
	conf_init(&c);
	is_int(conf_load_file(&c, path, CONF_FILE_USER, &e),
	       *want == '\0' ? 0 : -1, "is read, or refused");
	is_str(e.text, want, "so much is said");
	is_int(c.port, *want == '\0' ? 5 : 0, "the port is set");
	conf_clear(&c);
	(void)unlink(path);
}

int
main(void)
{
	char *folder = data_scratch(), *path = xasprintf("%s/conf", folder);
	char *refused = xasprintf("%s: too much configuration", path);

	test_many();
	test_undone();
	test_bad();
	check_size(path, 5 << 20, "");
	check_size(path, 65 << 20, refused);
	(void)rmdir(folder);
	free(refused);
	free(path);
	free(folder);
	return done_testing();
}
