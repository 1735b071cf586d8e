#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "tap.h"

static void
test_growth(bool wipe)
{
	struct buf b = BUF_INIT;
	bool same = true;

	b.wipe = wipe;
	for (int i = 0; i < 100000; i++)
		buf_add_byte(&b, (unsigned char)(i & 0xff));
	is_int((long long)b.len, 100000, "100000 bytes (wipe %d)", wipe);
	for (size_t i = 0; i < b.len; i++)
		same = same && b.data[i] == (i & 0xff);
	ok(same, "the bytes are right (wipe %d)", wipe);
	buf_consume(&b, 99990);
	is_int((long long)b.len, 10, "consume (wipe %d)", wipe);
	is_int(b.data[0], 99990 & 0xff, "what is left (wipe %d)", wipe);
	buf_consume(&b, 11);
	is_int((long long)b.len, 0, "consume too much (wipe %d)", wipe);
	buf_clear(&b);
	ok(b.data == NULL && b.size == 0, "clear (wipe %d)", wipe);
}

static void
test_text(void)
{
	struct buf b = BUF_INIT;
	char *s;

	is_str(buf_str(&b), "", "the empty buffer is a string");
	buf_add_str(&b, "one");
	buf_addf(&b, " %d", 2);
	buf_add(&b, NULL, 0);
	is_str(buf_str(&b), "one 2", "text");
	is_int((long long)b.len, 5, "the NUL does not count");
	s = buf_take_str(&b);
	is_str(s, "one 2", "taken text");
	ok(b.data == NULL && b.len == 0, "nothing is left");
	free(s);
	s = buf_take_str(&b);
	is_str(s, "", "taken empty text");
	free(s);
}

static void
test_wipe(void)
{
	struct buf b = BUF_INIT;
	char text[] = "secret";
	struct secret *s = secret_new(text, 6);

	b.wipe = true;
	buf_add_str(&b, "secret");
	buf_reset(&b);
	ok(b.len == 0 && b.data[0] == 0 && b.data[5] == 0, "reset wipes");
	buf_add_str(&b, "secret");
	buf_consume(&b, 4);
	ok(b.len == 2 && memcmp(b.data, "et\0\0\0\0", 6) == 0, "consume wipes");
	buf_clear(&b);
	secret_wipe(text, 6);
	ok(memcmp(text, "\0\0\0\0\0\0", 7) == 0, "secret_wipe");
	is_str(s->text, "secret", "secret_new copies");
	is_int((long long)s->len, 6, "secret's length");
	secret_free(s);
	secret_free(NULL);
}

static void
test_file(void)
{
	const char *dir = getenv("TMPDIR");
	char *path =
	    xasprintf("%s/hawser-buf-XXXXXX", dir != NULL ? dir : "/tmp");
	struct buf b = BUF_INIT;
	struct err e = { 0 };
	char *want;
	int fd = mkstemp(path);

	ok(fd >= 0 && write(fd, "0123456789", 10) == 10, "a file of 10 bytes");
	close(fd);
	buf_add_str(&b, "x");
	is_int(buf_load_file(&b, path, 10, &e), 0, "it may have 10 bytes");
	is_str(buf_str(&b), "x0123456789", "it is appended");
	is_int(buf_load_file(&b, path, 9, &e), -1, "9 are too few");
	is_str(buf_str(&b), "x0123456789", "nothing was added");
	want = xasprintf("%s: File too large", path);
	is_str(e.text, want, "too large");
	is_int(e.kind, ERR_LOCAL, "its kind");
	free(want);
	unlink(path);
	is_int(buf_load_file(&b, path, 10, &e), -1, "no file");
	want = xasprintf("%s: No such file or directory", path);
	is_str(e.text, want, "its text");
	is_int(buf_load_file(&b, "/", 10, &e), -1, "a folder");
	is_str(e.text, "/: Is a directory", "its text");
	free(want);
	free(path);
	buf_clear(&b);
}

int
main(void)
{
	test_growth(false);
	test_growth(true);
	test_text();
	test_wipe();
	test_file();
	return done_testing();
}
