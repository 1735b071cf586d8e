#include "tunnel/moment.h"

#include <stdio.h>
#include <time.h>

#include "net/loop.h"

struct moment
moment_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (struct moment){
		.wall_ms = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000,
		.mono_ms = loop_now_ms(),
	};
}

const char *
moment_text(int64_t wall_ms, char text[MOMENT_TEXT_SIZE])
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm t;
	size_t len;

	gmtime_r(&seconds, &t);
	len = strftime(text, MOMENT_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &t);
	snprintf(text + len, MOMENT_TEXT_SIZE - len, ".%03dZ",
		 (int)(wall_ms % 1000));
	return text;
}
