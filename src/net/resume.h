/*
 * resume - tells that the machine was asleep.
 *
 * The time of sleep is what CLOCK_BOOTTIME has counted and CLOCK_MONOTONIC has
 * not. When to compare them is told by the kernel, which cancels a timer on the
 * wall clock when that jumps, as it does when a machine wakes; a clock that was
 * merely set is no sleep. Linux only; elsewhere nothing is ever told.
 */
#ifndef NET_RESUME_H
#define NET_RESUME_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct resume;

/* NULL: this system does not tell. */
struct resume *resume_new(struct loop *l, void (*resumed)(void *arg),
			  void *arg);
void resume_free(struct resume *r); /* NULL is fine */

/* How far CLOCK_BOOTTIME was ahead of CLOCK_MONOTONIC, in nanoseconds, and is
 * now: was there a sleep worth the name? */
bool resume_is_after_sleep(int64_t before_ns, int64_t now_ns);

#endif
