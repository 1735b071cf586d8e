/*
 * put_file - put a small file in its place as a whole: who reads it finds the
 * old one or the new one, and never a part.
 */
#ifndef BASE_PUT_FILE_H
#define BASE_PUT_FILE_H

struct buf;
struct err;

/*
 * Give the file at path this content, with mode 0644 less the umask. Symbolic
 * links are followed; what is there and no file stays as it is. Nothing is
 * synced: it is for what is true only while we run. Returns 0, or -1 with e set
 * (ERR_LOCAL, "path: reason").
 */
int put_file(const char *path, const struct buf *content, struct err *e);

#endif
