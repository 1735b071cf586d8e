/*
 * hint - what one may do about a server that is too old for our defaults.
 */
#ifndef CONNECT_HINT_H
#define CONNECT_HINT_H

#include "ssh/session.h"

struct err;

/*
 * For an error of the kind ERR_DISAGREED, whose text is negotiation_settle()'s:
 * name the option that allows the first thing of the server's offer that this
 * engine has; or say that it has none, or that what it has is on unless the
 * user says otherwise. Of another text nothing is made.
 */
void hint_disagreement(enum session_engine engine, struct err *e);

#endif
