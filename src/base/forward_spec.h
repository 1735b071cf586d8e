/*
 * forward_spec - what -L, -R, -D and -W say, and LocalForward and its kin:
 * where to listen and where to connect to.
 *
 * What users write has ssh's syntax: fields with ':' between them, ${VARIABLES}
 * expanded, anything after a backslash or in brackets taken as it is. It is
 * understood once; what is shown, "8080 [web]:80" as in ssh -G, is for people.
 */
#ifndef BASE_FORWARD_SPEC_H
#define BASE_FORWARD_SPEC_H

#include <stdbool.h>
#include <stddef.h>

enum forward_kind {
	FORWARD_LOCAL,          /* [bind:]port:host:port, or socket paths */
	FORWARD_REMOTE,         /* the same; port 0 allowed */
	FORWARD_DYNAMIC,        /* [bind:]port; also what ~C -K takes */
	FORWARD_REMOTE_DYNAMIC, /* the same; port 0 allowed */
	FORWARD_STDIO,          /* host:port or a path: no place to listen */
};

/* A TCP port or a Unix socket, or nothing at all (all zero). */
struct forward_end {
	char *host; /* NULL: not given; "" and "*": all addresses */
	int port;
	char *path; /* not NULL: a Unix socket, and the others are unset */
};

/* All strings are owned. */
struct forward_spec {
	struct forward_end listen;
	struct forward_end connect; /* nothing: the far end says, by SOCKS */
};

/* Understand what a user wrote. Returns 0, or -1 (*ret_spec untouched). */
int forward_spec_parse(const char *text, enum forward_kind kind,
		       struct forward_spec *ret_spec);

/* The form of ssh -G; the caller frees it. FORWARD_REMOTE serves both of its
 * kinds. */
char *forward_spec_print(const struct forward_spec *spec,
			 enum forward_kind kind);

/* Where something connects to, for messages: "web:80", or a path. The caller
 * frees it. */
char *forward_end_name(const struct forward_end *end);

/* To be cleared by the caller, or given away. */
struct forward_spec forward_spec_copy(const struct forward_spec *from);
void forward_spec_clear(struct forward_spec *spec);

/* Is the target known only once a SOCKS client has named it? */
bool forward_spec_is_dynamic(const struct forward_spec *spec);

/* Do both listen at the same place? */
bool forward_spec_same_listen(const struct forward_spec *a,
			      const struct forward_spec *b);

/* Do both of their ends agree? */
bool forward_spec_same(const struct forward_spec *a,
		       const struct forward_spec *b);

/* A list of them; all zero: an empty one. */
struct forward_specs {
	struct forward_spec *items;
	size_t len;
};

/* spec is taken over. */
void forward_specs_add_take(struct forward_specs *list,
			    struct forward_spec *spec);

/* Is there one with the same two ends? */
bool forward_specs_has(const struct forward_specs *list,
		       const struct forward_spec *spec);

/* The list is then empty. */
void forward_specs_clear(struct forward_specs *list);

/* A number from 0 to 65535 or the name of a TCP service. Returns 0, or -1. */
int forward_spec_port(const char *text, int *ret_port);

#endif
