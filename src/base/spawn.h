/*
 * spawn - programs that are run for what they print or answer.
 */
#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H

#include <spawn.h>
#include <sys/types.h>

/*
 * Start argv[0], which is looked for in PATH if it has no slash, with our
 * environment and what the actions do to its descriptors. No signal is blocked
 * or ignored there because it is here. Returns 0, or an errno.
 */
int spawn_start(const posix_spawn_file_actions_t *actions, char *const argv[],
		pid_t *ret_pid);

/* Wait for its end: its exit status, or -1 if a signal was the end. */
int spawn_wait(pid_t pid);

#endif
