#include "base/left_fds.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "base/xalloc.h"

/* Where they have to be looked for one by one: nobody has more. */
#define ONE_BY_ONE_MAX 65536

static void
add(struct left_fds *l, int fd)
{
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		return;
	if ((l->len & (l->len - 1)) == 0)
		l->items = xreallocarray(l->items, l->len > 0 ? l->len * 2 : 1,
					 sizeof(*l->items));
	l->items[l->len++] = fd;
}

void
left_fds_find(struct left_fds *ret, int first)
{
	DIR *folder = opendir("/dev/fd");
	const struct dirent *entry;
	long long fd;

	*ret = (struct left_fds){ 0 };
	if (folder == NULL) {
		for (int i = first; i < ONE_BY_ONE_MAX; i++)
			add(ret, i);
		return;
	}
	while ((entry = readdir(folder)) != NULL)
		if (str_to_number(entry->d_name, first, INT_MAX, &fd) == 0 &&
		    fd != dirfd(folder))
			add(ret, (int)fd);
	closedir(folder);
}

void
left_fds_clear(struct left_fds *l)
{
	free(l->items);
	*l = (struct left_fds){ 0 };
}

bool
left_fds_has(const struct left_fds *l, int fd)
{
	for (size_t i = 0; i < l->len; i++)
		if (l->items[i] == fd)
			return true;
	return false;
}

void
left_fds_close(const struct left_fds *l, int one, int other)
{
	for (size_t i = 0; i < l->len; i++)
		if (l->items[i] != one && l->items[i] != other)
			close(l->items[i]);
}
