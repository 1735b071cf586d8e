/*
 * inherited - listening sockets that whoever started the program has opened
 * for it: systemd's socket activation (sd_listen_fds(3): LISTEN_PID,
 * LISTEN_FDS).
 */
#ifndef NET_INHERITED_H
#define NET_INHERITED_H

#include <stddef.h>

struct inherited;

/*
 * Take over the sockets that the environment speaks of and make them
 * close-on-exec and non-blocking; what does not listen is closed. The variables
 * are removed, so that programs which we start do not take them too. Returns
 * NULL if there are none. To be called once, before the program forks.
 */
struct inherited *inherited_new(void);

/*
 * Take one that listens on this TCP port, whatever the address, or on this
 * Unix socket (path not NULL). Returns a descriptor owned by the caller, or
 * -1 if there is none (left).
 */
int inherited_take(struct inherited *in, int port, const char *path);

/* Close those that were not taken. NULL is fine. */
void inherited_free(struct inherited *in);

#endif
