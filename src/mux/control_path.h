/*
 * control_path - the Unix socket at which a master of a shared connection can
 * be reached.
 */
#ifndef MUX_CONTROL_PATH_H
#define MUX_CONTROL_PATH_H

#include <stdbool.h>

struct address;
struct err;

/* Its address. Returns 0, or -1 with e set if the path is too long for one. */
int control_path_address(const char *path, struct address *ret_address,
			 struct err *e);

/* Who cannot connect to another file is told the same as at a socket where
 * nobody listens (ECONNREFUSED): but that file is not to be removed. */
bool control_path_is_socket(const char *path);

#endif
