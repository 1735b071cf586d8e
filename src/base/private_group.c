#include "base/private_group.h"

#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <string.h>

enum members { MEMBERS_NONE, MEMBERS_USER, MEMBERS_OTHERS };

/* Who is in it because the group says so. */
static enum members
listed(const struct group *group, const struct passwd *user)
{
	enum members found = MEMBERS_NONE;

	for (size_t i = 0; group->gr_mem[i] != NULL; i++) {
		if (strcmp(group->gr_mem[i], user->pw_name) != 0)
			return MEMBERS_OTHERS;
		found = MEMBERS_USER;
	}
	return found;
}

/* And because it is the user's first group. */
static enum members
belonging(gid_t group, uid_t user)
{
	enum members found = MEMBERS_NONE;
	const struct passwd *one;

	setpwent();
	while (found != MEMBERS_OTHERS && (one = getpwent()) != NULL) {
		if (one->pw_gid == group)
			found =
			    one->pw_uid == user ? MEMBERS_USER : MEMBERS_OTHERS;
	}
	endpwent();
	return found;
}

bool
private_group_is_of(gid_t group, uid_t user)
{
	const struct passwd *who = getpwuid(user);
	const struct group *what = who != NULL ? getgrgid(group) : NULL;
	enum members by_list, by_user;

	if (what == NULL)
		return false;
	by_list = listed(what, who);
	by_user = belonging(group, user);
	return by_list != MEMBERS_OTHERS && by_user != MEMBERS_OTHERS &&
	       (by_list == MEMBERS_USER || by_user == MEMBERS_USER);
}
