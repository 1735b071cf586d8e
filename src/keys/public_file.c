/* The part of key.h that reads files. */
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "keys/key.h"

/* No public key file is larger. */
enum { KEY_FILE_MAX = 1024 * 1024 };

struct key *
key_load_public(const char *path, char **ret_comment, struct err *e)
{
	struct buf file = { .wipe = true }; /* it may be a private key */
	struct key *k = NULL;
	const char *line;

	if (buf_load_file(&file, path, KEY_FILE_MAX, e) != 0)
		goto out;
	err_set(e, ERR_LOCAL, "no public key in the file");
	/* As in ssh, lines that are not a key are passed over. */
	for (line = buf_str(&file); k == NULL && *line != '\0';) {
		if (str_starts(line, "-----BEGIN"))
			break;
		if (*line != '#' && *line != '\r' && *line != '\n')
			k = key_from_text(line, ret_comment, e);
		line += strcspn(line, "\n");
		line += *line == '\n' ? 1 : 0;
	}
	if (k == NULL)
		err_wrap(e, "%s", path);
out:
	buf_clear(&file);
	return k;
}
