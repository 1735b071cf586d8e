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

/*
 * The same, looked up as CanonicalizeHostname and its companions say, by what
 * the files have given so far. Fails also (ERR_RESOLVE) if the name has to be
 * found and is not.
 */
char *canonical_looked_up(const struct conf *c, struct err *e);

#endif
