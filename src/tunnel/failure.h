/*
 * failure - what a failure is called where programs are told of it.
 */
#ifndef TUNNEL_FAILURE_H
#define TUNNEL_FAILURE_H

#include <stdbool.h>

struct err;
struct json;

/* err_kind_name(), but for what OpenSSH says to whom it does not let in now:
 * "penalty" after an offence, "overload" where too many are logging in.
 * Static. */
const char *failure_class(const struct err *e);

/* Is it that for a while nobody is let in who comes from here? */
bool failure_is_penalty(const struct err *e);

/* Members of an object: its class, whether it may pass, and the reason. */
void failure_add(struct json *j, const struct err *e);

/* The line that says what it came to: the last one. */
const char *failure_line(const struct err *e);

#endif
