#include "tunnel/pid_file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/put_file.h"
#include "base/xalloc.h"

static char *
our_line(void)
{
	return xasprintf("%ld\n", (long)getpid());
}

void
pid_file_write(const char *path)
{
	struct err e = { .kind = ERR_NONE };
	struct buf content = BUF_INIT;
	char *line = our_line();

	buf_add_str(&content, line);
	if (put_file(path, &content, &e) != 0)
		log_error("Warning: PidFile %s", e.text);
	buf_clear(&content);
	free(line);
}

void
pid_file_remove(const char *path)
{
	struct err e = { .kind = ERR_NONE };
	struct buf content = BUF_INIT;
	char *line = our_line();
	struct stat st;

	/* a FIFO would keep us here for ever */
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    buf_load_file(&content, path, strlen(line), &e) == 0 &&
	    strcmp(buf_str(&content), line) == 0)
		unlink(path);
	buf_clear(&content);
	free(line);
}
