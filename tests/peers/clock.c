/*
 * clock - the time of day, stepped, for one process: to be preloaded.
 *
 * The file that CLOCK_STEP names has the seconds by which the time of day is
 * wrong; it is looked at each time. Other clocks are right.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long
step(void)
{
	const char *path = getenv("CLOCK_STEP");
	FILE *in = path == NULL ? NULL : fopen(path, "re");
	long seconds = 0;

	if (in == NULL)
		return 0;
	if (fscanf(in, "%ld", &seconds) != 1)
		seconds = 0;
	fclose(in);
	return seconds;
}

int
clock_gettime(clockid_t id, struct timespec *ret_now)
{
	int result = (int)syscall(SYS_clock_gettime, id, ret_now);

	if (result == 0 &&
	    (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		ret_now->tv_sec += step();
	return result;
}

int
gettimeofday(struct timeval *restrict ret_now, void *restrict zone)
{
	struct timespec t;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &t);
	ret_now->tv_sec = t.tv_sec;
	ret_now->tv_usec = t.tv_nsec / 1000;
	return 0;
}

time_t
time(time_t *ret_now)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (ret_now != NULL)
		*ret_now = t.tv_sec;
	return t.tv_sec;
}
