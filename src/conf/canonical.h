/*
 * canonical - the name of the host that is meant, made out of the one that was
 * typed.
 */
#ifndef CONF_CANONICAL_H
#define CONF_CANONICAL_H

struct conf;
struct err;

/*
 * What the lines make of the name: HostName, with its tokens; in lower case,
 * and a numeric address as the system writes it. Owned by the caller; NULL with
 * e if HostName cannot be made out.
 */
char *canonical_written(const struct conf *c, struct err *e);

#endif
