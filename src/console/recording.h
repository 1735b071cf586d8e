/*
 * recording - RecordSession and RecordInput for one session: when to write
 * what into the recording of term/asciicast.h.
 *
 * Typed text is held back until the remote side echoes it: what is never
 * echoed may be a password, and is not recorded.
 */
#ifndef CONSOLE_RECORDING_H
#define CONSOLE_RECORDING_H

#include <stddef.h>

struct err;
struct console;
struct recording;

/* NULL: not wanted, or with e set (ERR_LOCAL) if it cannot be started. */
struct recording *recording_new(struct console *c, struct err *e);
void recording_free(struct recording *r); /* NULL is fine, as in all these */

void recording_output(struct recording *r, const void *data, size_t len);
void recording_input(struct recording *r, const void *data, size_t len);
void recording_resize(struct recording *r, unsigned cols, unsigned rows);

#endif
