/* One file of ssh_config(5), with all that it includes. */
#include "conf/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/private_group.h"
#include "base/xalloc.h"
#include "conf/block.h"
#include "conf/line.h"
#include "conf/so_far.h"
#include "conf/table.h"
#include "conf/tokens.h"

/* What a hostile file may cost. ssh has the first limit only; the others are
 * beyond what anybody writes or generates. */
#define MAX_DEPTH 16
#define MAX_FILES 16384
#define MAX_BYTES ((size_t)64 << 20)
#define MAX_ERRORS 1000

#define SYSTEM_DIR "/etc/ssh"

/* One call of conf_load_file(): a file with all that it includes. */
struct reading {
	struct conf *c;
	bool is_user;
	int n_files;
	size_t n_bytes;
	bool is_over; /* the fault at hand is not one of a single line */
};

struct file {
	struct reading *all;
	int depth;
	bool never; /* included by a block that does not match */
	struct line_origin at;
	char *block; /* what at.block is, if it is of this file; owned */
};

static int read_file(const struct file *f, const char *path,
		     bool check_permissions, struct err *e);

/* A fault after which nothing more is read. */
static int
give_up(struct reading *all)
{
	all->is_over = true;
	return -1;
}

/* Where there is no such user the text is kept: as in ssh, it is a pattern that
 * matches nothing, and no fault. */
static char *
pattern_at_home(const char *word)
{
	struct err e;
	char *path = path_expand_tilde(word, &e);

	return path != NULL ? path : xstrdup(word);
}

/* Tokens and variables, if there are any, are replaced by what is known so far.
 */
static char *
expand_include(const struct conf *c, const char *word, struct err *e)
{
	struct so_far now;
	char *expanded = NULL;

	/* then nobody need know HostName, which may be wrong */
	if (strpbrk(word, "%$") == NULL)
		return xstrdup(word);
	if (so_far_init(&now, c, e) == 0)
		expanded = tokens_expand(&now.view, "Include", word, NULL, e);
	so_far_clear(&now);
	return expanded;
}

/* The glob pattern that an argument of Include stands for; NULL with e. */
static char *
include_pattern(const struct file *f, const char *word, struct err *e)
{
	char *expanded = expand_include(f->all->c, word, e), *pattern = NULL;

	if (expanded == NULL)
		return NULL;
	if (*expanded == '~' && !f->all->is_user)
		err_set(e, ERR_CONF, "bad include path %s.", expanded);
	else if (*expanded == '~')
		pattern = pattern_at_home(expanded);
	else if (*expanded == '/')
		pattern = xstrdup(expanded);
	else if (!f->all->is_user)
		pattern = xasprintf("%s/%s", SYSTEM_DIR, expanded);
	else if (path_home() != NULL)
		pattern = xasprintf("%s/.ssh/%s", path_home(), expanded);
	else
		err_set(e, ERR_CONF, "bad include path %s: no home directory",
			expanded);
	free(expanded);
	return pattern;
}

static int
include_files(struct file *f, char **paths, size_t n, struct err *e)
{
	struct file inner = *f;

	inner.depth++;
	inner.never = f->never || !f->at.is_active;
	for (size_t i = 0; i < n; i++) {
		if (read_file(&inner, paths[i], true, e) == 0)
			continue;
		if (f->all->is_over)
			return -1;
		if (errno != ENOENT)
			return err_set(e, ERR_CONF,
				       "Can't open user config file %s: %s",
				       paths[i], strerror(errno));
	}
	return 0;
}

static int
include_word(struct file *f, const char *word, struct err *e)
{
	char *pattern = include_pattern(f, word, e);
	glob_t found;
	int rc;

	if (pattern == NULL)
		return line_blame(&f->at, e);
	memset(&found, 0, sizeof(found));
	rc = glob(pattern, 0, NULL, &found);
	if (rc == GLOB_NOMATCH) {
		log_debug("%s line %d: include %s matched no files", f->at.name,
			  f->at.number, pattern);
		rc = 0;
	} else if (rc != 0) {
		err_set(e, ERR_CONF, "glob failed for %s.", pattern);
		rc = line_blame(&f->at, e);
	} else {
		rc = include_files(f, found.gl_pathv, found.gl_pathc, e);
	}
	globfree(&found);
	free(pattern);
	return rc;
}

static int
read_include(struct file *f, struct line *l, struct err *e)
{
	const char *word;

	while ((word = args_next(&l->args)) != NULL) {
		if (*word == '\0') {
			err_set(e, ERR_CONF, "keyword include empty argument");
			return line_blame(&f->at, e);
		}
		if (include_word(f, word, e) != 0)
			return -1;
	}
	return 0;
}

/* The line begins a block: what messages call the lines below. */
static void
name_block(struct file *f, const struct line *l)
{
	free(f->block);
	f->block = xasprintf("%s %s", l->row->name, l->args.raw);
	f->at.block = f->block;
}

static int
read_block(struct file *f, struct line *l, struct err *e)
{
	struct conf *c = f->all->c;

	name_block(f, l);
	if (strcmp(l->row->name, "Host") == 0)
		return block_host(l, c, &f->at, f->never, e);
	return block_match(l, c, &f->at, f->never, e);
}

static int
read_line(struct file *f, const char *text, struct err *e)
{
	struct line l;
	int rc = -1;

	if (line_parse(&l, f->all->c, text, &f->at, e) != 0)
		goto out;
	if (l.keyword == NULL)
		rc = 0;
	else if (l.row == NULL || l.row->type != ROW_BLOCK)
		rc = line_store(&l, f->all->c, &f->at, e);
	else if (strcmp(l.row->name, "Include") == 0)
		rc = read_include(f, &l, e);
	else
		rc = read_block(f, &l, e);
out:
	line_clear(&l);
	if (rc != 0 && e->kind == ERR_LOCAL)
		give_up(f->all);
	return rc;
}

static int
read_text(struct file *f, const char *text, size_t len, struct err *e)
{
	const char *end = text + len;
	int n_bad = 0;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((newline == NULL ? end : newline) - text);
		char *line = xstrndup(text, n);
		int rc;

		f->at.number++;
		rc = read_line(f, line, e);
		free(line);
		if (rc != 0 && f->all->is_over)
			return -1;
		if (rc != 0)
			strv_add(&f->all->c->errors, e->text);
		/* nobody reads on, and each may have cost something */
		if (rc != 0 && ++n_bad == MAX_ERRORS)
			break;
		text += n + (newline != NULL);
	}
	if (n_bad == 0)
		return 0;
	err_set(e, ERR_CONF, "%s: terminating, %d bad configuration options",
		f->at.name, n_bad);
	return give_up(f->all);
}

/* Add the content of an open file to b; -1 with errno. To ssh a folder, such as
 * one that an Include's pattern matches, is an empty file. */
static int
read_all(int fd, struct buf *b)
{
	int error = buf_load_fd(b, fd, MAX_BYTES);

	if (error == 0 || error == EISDIR)
		return 0;
	errno = error;
	return -1;
}

/* To go on without the rest would not be what the user configured. */
static int
too_much(struct reading *all, const char *name, struct err *e)
{
	err_set(e, ERR_CONF, "%s: too much configuration", name);
	return give_up(all);
}

static int
check_owner(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_set(e, ERR_CONF, "fstat %s: %s", path,
			       strerror(errno));
	/* a group of one's own is harmless, as Debian's ssh has it */
	if ((st.st_uid == 0 || st.st_uid == getuid()) &&
	    (st.st_mode & 002) == 0 &&
	    ((st.st_mode & 020) == 0 ||
	     private_group_is_of(st.st_gid, st.st_uid)))
		return 0;
	err_set(e, ERR_CONF, "Bad owner or permissions on %s", path);
	return err_hint(e, "It has to be yours, or root's, and nobody else may "
			   "write to it (chmod go-w).");
}

static int
check_limits(const struct file *f, struct err *e)
{
	struct reading *all = f->all;

	if (f->depth > MAX_DEPTH)
		return err_set(e, ERR_CONF,
			       "Too many recursive configuration includes");
	if (++all->n_files > MAX_FILES || all->n_bytes > MAX_BYTES)
		return too_much(all, f->at.name, e);
	return 0;
}

/*
 * Read the file at path in the state of outer. When it cannot be opened or
 * read, is_over stays false and errno says why.
 */
static int
read_file(const struct file *outer, const char *path, bool check_permissions,
	  struct err *e)
{
	struct file f = *outer;
	struct buf text = BUF_INIT;
	int fd = -1, rc = -1, saved;

	if (check_limits(&f, e) != 0)
		return give_up(f.all);
	/* Only a file that the user named may be a pipe worth waiting for. */
	fd = open(path, O_RDONLY | O_CLOEXEC | (f.depth > 0 ? O_NONBLOCK : 0));
	if (fd < 0)
		return -1;
	if (check_permissions && check_owner(fd, path, e) != 0) {
		give_up(f.all);
		goto out;
	}
	log_debug("Reading configuration data %s", path);
	if (read_all(fd, &text) != 0) {
		if (errno == EFBIG)
			rc = too_much(f.all, path, e);
		goto out;
	}
	f.all->n_bytes += text.len;
	f.at.name = path;
	f.at.number = 0;
	f.block = NULL;
	rc = read_text(&f, buf_str(&text), text.len, e);
	free(f.block);
out:
	saved = errno;
	buf_clear(&text);
	close(fd);
	errno = saved;
	return rc;
}

static struct file
outermost(struct reading *all, const char *name)
{
	return (struct file){
		.all = all,
		.at = { .name = name,
			.source = CONF_FROM_FILE,
			.is_active = true },
	};
}

int
conf_load_file(struct conf *c, const char *path, enum conf_file_kind kind,
	       struct err *e)
{
	struct reading all = { .c = c, .is_user = kind != CONF_FILE_SYSTEM };
	struct file f = outermost(&all, path);

	if (read_file(&f, path, kind == CONF_FILE_USER, e) == 0)
		return 0;
	if (all.is_over)
		return -1;
	if (kind == CONF_FILE_NAMED)
		return err_set(e, ERR_CONF,
			       "Can't open user config file %s: %s", path,
			       strerror(errno));
	if (errno != ENOENT)
		log_debug("%s: %s", path, strerror(errno));
	return 0;
}

int
conf_load_text(struct conf *c, const char *text, size_t len, const char *name,
	       struct err *e)
{
	struct reading all = { .c = c, .is_user = true };
	struct file f = outermost(&all, name);
	int rc;

	rc = read_text(&f, text, len, e);
	free(f.block);
	return rc;
}
