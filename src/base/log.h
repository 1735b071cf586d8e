/*
 * log - the program's voice: what ssh(1) writes to stderr, -E FILE or syslog.
 *
 * The level and the destination are the only global state of the program.
 * Lines have ssh's form ("debug1: text\r\n" for debug levels, the bare text
 * for others); control characters in a line are made visible (octal), so a
 * server cannot write escape sequences to the terminal. Never log a secret.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

/* ssh_config(5) LogLevel, in its order. */
enum log_level {
	LOG_LEVEL_QUIET,
	LOG_LEVEL_FATAL,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_INFO,
	LOG_LEVEL_VERBOSE,
	LOG_LEVEL_DEBUG1,
	LOG_LEVEL_DEBUG2,
	LOG_LEVEL_DEBUG3,
};

void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/*
 * Append to the file at path from now on (-E). Returns 0, or -1 with errno
 * set.
 */
int log_to_file(const char *path);

/* Send everything to syslog(3) with this facility (-y). */
void log_to_syslog(int facility);

/* The descriptor that the log goes to: for who closes all others. syslog(3)
 * has closed its own then, and opens it again when it is needed. */
int log_keep(void);

/* Write one line (no newline in fmt) if the level is on. Keeps errno. */
void log_write(enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Write each line of text by itself, but those that are empty. */
void log_lines(enum log_level level, const char *text);

/* Have a line stand on the terminal until something else is written there, or
 * NULL takes it away. Only where the log is a terminal, and says neither
 * nothing nor everything. */
void log_stand(const char *text);
bool log_can_stand(void);

#define log_fatal(...) log_write(LOG_LEVEL_FATAL, __VA_ARGS__)
#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_verbose(...) log_write(LOG_LEVEL_VERBOSE, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG1, __VA_ARGS__)
#define log_debug2(...) log_write(LOG_LEVEL_DEBUG2, __VA_ARGS__)
#define log_debug3(...) log_write(LOG_LEVEL_DEBUG3, __VA_ARGS__)

#endif
