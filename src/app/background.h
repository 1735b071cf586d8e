/*
 * background - -f and "~&": the program goes on without its terminal.
 */
#ifndef APP_BACKGROUND_H
#define APP_BACKGROUND_H

struct err;
struct loop;

/*
 * Continue in a child, as daemon(3). Its parent waits: until
 * background_finish(), when it exits with 0, or else for the child's end, whose
 * status it then has. Returns 0 in the child, with *ret_gate set to what the
 * parent waits at, or -1 with e set (ERR_LOCAL).
 */
int background_begin(struct loop *l, int *ret_gate, struct err *e);

/* All is well: let go of the terminal, and the parent of its caller. *gate is
 * then -1; if it was, nothing is done. */
void background_finish(int *gate);

#endif
