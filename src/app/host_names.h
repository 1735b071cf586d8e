/*
 * host_names - the hosts that a user may mean: those that the configuration,
 * the known hosts files and /etc/hosts call by name. For the completions of
 * shells.
 */
#ifndef APP_HOST_NAMES_H
#define APP_HOST_NAMES_H

struct conf;

/*
 * One per line, sorted, each once, and none that means something else to a
 * shell. Reads the configuration files that c asks for; what cannot be read or
 * understood is left out. Owned by the caller.
 */
char *host_names_list(struct conf *c);

#endif
