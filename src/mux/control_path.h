/*
 * control_path - the Unix socket at which a master of a shared connection can
 * be reached.
 */
#ifndef MUX_CONTROL_PATH_H
#define MUX_CONTROL_PATH_H

struct err;
struct sockaddr_un;

/* Its address. Returns 0, or -1 with e set if the path is too long for one. */
int control_path_address(const char *path, struct sockaddr_un *ret_address,
			 struct err *e);

#endif
