/*
 * request - what the master answers to each request of a client.
 */
#ifndef MUX_REQUEST_H
#define MUX_REQUEST_H

#include "base/step.h"

struct err;
struct visitor;

/* Go on with v->request. STEP_AGAIN: something must happen first. STEP_FAIL:
 * the client is to be sent away; e may say why. */
enum step request_answer(struct visitor *v, struct err *e);

/* It is dealt with, or its client gone: let go of it and of what came with
 * it. */
void request_forget(struct visitor *v);

#endif
