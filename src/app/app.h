/*
 * app - the program around its clients: the loop, the signals that end it, the
 * descriptors that it was born with, and the console.
 */
#ifndef APP_APP_H
#define APP_APP_H

struct conf;
struct err;
struct manager;

/* Run one client to its end, and tell m how it is doing. Returns 0 with
 * *ret_status set to what the program should exit with, or -1 with e set. */
int app_run(const struct conf *conf, const struct manager *m, int *ret_status,
	    struct err *e);

/* The version of libssh2, or NULL if this build has none. Static. */
const char *app_library_version(void);

#endif
