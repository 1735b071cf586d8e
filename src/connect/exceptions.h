/*
 * exceptions - the memory of FastOpen: a file of the hosts that take offence
 * at it, which the user may read and edit.
 *
 * One name on each line, which may be hashed as in known_hosts; the rest of a
 * line is for people, and so are lines that begin with "#". This memory may
 * fail: what cannot be read lists nobody, and what cannot be written is only
 * logged for debugging. A path may be NULL: then nothing is remembered.
 */
#ifndef CONNECT_EXCEPTIONS_H
#define CONNECT_EXCEPTIONS_H

#include <stdbool.h>

/* Is the host (its name in known_hosts) listed? */
bool exceptions_have(const char *path, const char *host_title);

/* List the host, with today's date and a few words why, unless it is listed
 * already; is_hashed: without showing its name. */
void exceptions_add(const char *path, const char *host_title,
		    const char *reason, bool is_hashed);

#endif
