/*
 * server_identity - which process of the server listens for us, as a shell
 * there sees it: its parent, which is its user's part of sshd. A number alone
 * may come to mean another process; with the time at which that was started,
 * and the boot of the machine since which the time is counted, it does not.
 *
 * Here are the command lines that are run there, and the reading of what they
 * print. Whatever else a server says is not believed.
 */
#ifndef TUNNEL_SERVER_IDENTITY_H
#define TUNNEL_SERVER_IDENTITY_H

#include <stddef.h>

struct server_identity {
	long long pid, uid;
	char start[32]; /* letters, digits, '_', ':' */
	char boot[40];  /* hexadecimal digits, '-' */
};

/* A line for any login shell. Static. */
const char *server_identity_command(void);

/* Understand what it has printed, beside which there may be greetings. Returns
 * 0, or -1: *ret_identity is untouched. */
int server_identity_parse(const void *text, size_t len,
			  struct server_identity *ret_identity);

/* A line that ends that process if it is still there, an sshd, of the same user
 * and not the one that runs the line. The caller frees it. */
char *server_identity_end_command(const struct server_identity *identity);

enum server_end {
	SERVER_END_DONE,     /* it is ended */
	SERVER_END_GONE,     /* it was */
	SERVER_END_OTHER,    /* its number means another process now */
	SERVER_END_DENIED,   /* the user may not end it */
	SERVER_END_STUCK,    /* it does not end */
	SERVER_END_NONSENSE, /* no answer, or not one of these */
};

/* What has come of it, from what the line has printed. */
enum server_end server_identity_end_parse(const void *text, size_t len);

#endif
