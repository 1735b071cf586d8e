/*
 * err_log - an error as the user is told of it: in the log, each line of it as
 * grave as ssh takes it to be.
 */
#ifndef BASE_ERR_LOG_H
#define BASE_ERR_LOG_H

struct err;

/* Of several lines the last is the one that the kind is about. */
void err_log(const struct err *e);

#endif
