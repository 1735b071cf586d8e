/*
 * memory - what is remembered of a server from one connection to the next
 * (IdentityMemory): which key let us in, and what it likes best in a key
 * exchange. Only spares time: nothing is trusted because of it.
 *
 * A file with a line for each user and host, the newest at the end; names are
 * hashed as in known_hosts, whether or not they are there.
 */
#ifndef CONNECT_MEMORY_H
#define CONNECT_MEMORY_H

#include <stdbool.h>

/* Each is owned and NULL where nothing is known. */
struct memory {
	char *key;      /* the fingerprint of the key (SHA256) */
	char *kex;      /* the server's first key exchange method */
	char *host_key; /* and its first kind of host key */
};

void memory_clear(struct memory *m);

bool memory_equal(const struct memory *a, const struct memory *b);

/* Where the file is, owned by the caller; NULL: there is no place for it. */
char *memory_path(void);

/* What is remembered of the name ("user@host"); nothing if the path is NULL or
 * cannot be read. */
void memory_load(const char *path, const char *name, struct memory *ret_memory);

/* Remember; failing to is told at debug level only. */
void memory_save(const char *path, const char *name, const struct memory *m);

#endif
