/*
 * tap - what a unit test needs to speak TAP: checks that print "ok" or "not
 * ok" lines, and the plan at the end. One test program is one .c file that
 * includes this once and ends main() with: return done_testing();
 */
#ifndef TESTS_UNIT_TAP_H
#define TESTS_UNIT_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static struct {
	int run;
	int failed;
} tap;

static inline bool __attribute__((format(printf, 2, 0)))
tap_line(bool passed, const char *fmt, va_list ap)
{
	if (tap.run++ == 0) /* so that a crash loses nothing */
		setvbuf(stdout, NULL, _IOLBF, 0);
	if (!passed)
		tap.failed++;
	printf("%sok %d - ", passed ? "" : "not ", tap.run);
	vprintf(fmt, ap);
	putchar('\n');
	return passed;
}

/* One check. Returns passed. */
static inline bool __attribute__((format(printf, 2, 3)))
ok(bool passed, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_line(passed, fmt, ap);
	va_end(ap);
	return passed;
}

/* Are both strings the same (or both NULL)? */
static inline bool __attribute__((format(printf, 3, 4)))
is_str(const char *got, const char *want, const char *fmt, ...)
{
	bool same = got == want;
	va_list ap;

	if (got != NULL && want != NULL)
		same = strcmp(got, want) == 0;
	va_start(ap, fmt);
	tap_line(same, fmt, ap);
	va_end(ap);
	if (!same)
		printf("#   got: %s\n#  want: %s\n",
		       got != NULL ? got : "(null)",
		       want != NULL ? want : "(null)");
	return same;
}

static inline bool __attribute__((format(printf, 3, 4)))
is_int(long long got, long long want, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_line(got == want, fmt, ap);
	va_end(ap);
	if (got != want)
		printf("#   got: %lld\n#  want: %lld\n", got, want);
	return got == want;
}

/* Leave out a check that cannot be made here, and say why. */
static inline void __attribute__((format(printf, 1, 2)))
skip(const char *fmt, ...)
{
	va_list ap;

	tap.run++;
	printf("ok %d # SKIP ", tap.run);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/* Print the plan. Returns the exit status for main(). */
static inline int
done_testing(void)
{
	printf("1..%d\n", tap.run);
	return tap.failed > 0 || tap.run == 0 ? 1 : 0;
}

#endif
