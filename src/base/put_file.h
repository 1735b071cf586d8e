/*
 * put_file - put a small file in its place as a whole: who reads it finds the
 * old one or the new one, and never a part.
 */
#ifndef BASE_PUT_FILE_H
#define BASE_PUT_FILE_H

#include <sys/types.h>

struct buf;
struct err;

/* Give the file at path this content, with this mode less the umask, in place
 * of what is there. Nothing is synced. Returns 0, or -1 with errno set. */
int put_file_whole(const char *path, const struct buf *content, mode_t mode);

/*
 * So, with mode 0644, for a path that a user has named: symbolic links are
 * followed, and what is there and no file stays as it is. Returns 0, or -1 with
 * e set (ERR_LOCAL, "path: reason").
 */
int put_file(const char *path, const struct buf *content, struct err *e);

#endif
