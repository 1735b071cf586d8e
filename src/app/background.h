/*
 * background - -f and "~&": the program goes on without its terminal.
 */
#ifndef APP_BACKGROUND_H
#define APP_BACKGROUND_H

struct err;
struct loop;

/* Continue in a child without a terminal, as daemon(3); the parent exits with
 * 0. Returns 0 in the child, or -1 with e set (ERR_LOCAL). */
int background_enter(struct loop *l, struct err *e);

#endif
