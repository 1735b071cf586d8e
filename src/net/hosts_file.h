/*
 * hosts_file - which names the system can look up without asking anybody:
 * those in /etc/hosts, if it looks there first. What it then says is not ours
 * to find out: getaddrinfo() knows the rules.
 */
#ifndef NET_HOSTS_FILE_H
#define NET_HOSTS_FILE_H

#include <stdbool.h>
#include <stdio.h>

struct strv;

/* Does this /etc/hosts have an address of the family (AF_UNSPEC: of any) for
 * the name? */
bool hosts_file_has(FILE *hosts, const char *name, int family);

/* Add every name in this /etc/hosts. */
void hosts_file_list(FILE *hosts, struct strv *names);

/* Does this nsswitch.conf(5) send those who look for a host there first? */
bool hosts_file_is_first(FILE *nsswitch);

#endif
