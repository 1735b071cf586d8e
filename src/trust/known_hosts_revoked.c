#include "trust/known_hosts.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "keys/key.h"
#include "trust/krl.h"

enum { FILE_MAX = 64 * 1024 * 1024 };

/* Is the key, or the certificate's authority, the one on this line? Returns 1,
 * 0, or -1 with e set. */
static int
check_line(const char *line, const struct key *key, struct err *e)
{
	struct key *listed;
	int found;

	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#' || *line == '\r' || *line == '\n')
		return 0;
	listed = key_from_text(line, NULL, e);
	/* No host may have such a key, listed or not. */
	if (listed == NULL && key_text_is_weak(line))
		return 0;
	if (listed == NULL)
		return -1;
	found = key_equal_plain(key, listed) ||
		(key->cert != NULL && key_equal_plain(key->cert->ca, listed));
	key_free(listed);
	return found ? 1 : 0;
}

/* Returns 1 or 0 for all lines, or -1 with e set for the first bad one. */
static int
check_lines(const char *line, const struct key *key, struct err *e)
{
	unsigned long number = 1;
	int found = 0;

	while (found == 0 && *line != '\0') {
		found = check_line(line, key, e);
		if (found < 0)
			return err_wrap(e, "line %lu", number);
		line += strcspn(line, "\n");
		line += *line == '\n' ? 1 : 0;
		number++;
	}
	return found;
}

int
known_hosts_revoked_file(const char *path, const struct key *key, struct err *e)
{
	struct buf content = BUF_INIT;
	int rc = buf_load_file(&content, path, FILE_MAX, e);

	if (rc != 0)
		goto out;
	if (krl_is(content.data, content.len))
		rc = krl_check(content.data, content.len, key, e);
	else if (strlen(buf_str(&content)) != content.len)
		rc = err_set(e, ERR_LOCAL, "not a text file");
	else
		rc = check_lines(buf_str(&content), key, e);
	if (rc < 0)
		err_wrap(e, "%s", path);
out:
	buf_clear(&content);
	return rc;
}
