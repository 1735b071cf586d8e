/*
 * match - ssh's pattern language (ssh_config(5), PATTERNS): '*' and '?',
 * comma-separated lists, '!' for negation. Pure functions.
 */
#ifndef BASE_MATCH_H
#define BASE_MATCH_H

#include <stdbool.h>

/* Does all of s match the one pattern? Case matters. Linear space, and time
 * bounded by len(s) * len(pattern). */
bool match_pattern(const char *s, const char *pattern);

enum match_result { MATCH_NO, MATCH_YES, MATCH_NEGATED };

/*
 * Match s against a comma-separated list. A matching '!' item wins over
 * everything (MATCH_NEGATED). With fold set, case is ignored.
 */
enum match_result match_list(const char *s, const char *list, bool fold);

/* match_list() for host names: always without regard to case. */
enum match_result match_host(const char *host, const char *list);

#endif
