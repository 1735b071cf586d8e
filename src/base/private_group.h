/*
 * private_group - groups of one user, as systems make them that give each user
 * a group of the same name: what it may write to, nobody else may.
 */
#ifndef BASE_PRIVATE_GROUP_H
#define BASE_PRIVATE_GROUP_H

#include <stdbool.h>
#include <sys/types.h>

/* Is this user in the group, and nobody else? False if that is not known. */
bool private_group_is_of(gid_t group, uid_t user);

#endif
