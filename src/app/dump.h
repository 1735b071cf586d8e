/*
 * dump - what -G shows: the configuration, with the algorithms that would be
 * offered in place of what was written.
 */
#ifndef APP_DUMP_H
#define APP_DUMP_H

#include <stdio.h>

struct conf;
struct err;

/* Write it to out. c, which conf_finish() was content with, is changed. Fails
 * if nothing is left of a list. */
int dump_write(struct conf *c, FILE *out, struct err *e);

#endif
