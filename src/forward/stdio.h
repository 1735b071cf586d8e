/*
 * stdio - moves bytes between three local descriptors and a session channel.
 *
 * What the channel has goes from where it is to the output. A slow reader of
 * our output stops us taking from the channel, and so stops the server through
 * the window; a slow server stops us reading our input. One step moves what can
 * be moved without waiting.
 */
#ifndef FORWARD_STDIO_H
#define FORWARD_STDIO_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct channel;
struct err;
struct loop;
struct stdio;

struct stdio_params {
	struct channel *channel; /* borrowed; its start was accepted */
	int in, out, err; /* taken over; in may be -1: at its end already */
	void (*wake)(void *arg); /* a step may get further */
	void *arg;
	/* NULL, or: what was typed; appends to out what is to be sent */
	void (*typed)(void *arg, const void *data, size_t len, struct buf *out);
	/* NULL, or: what was written to out */
	void (*shown)(void *arg, const void *data, size_t len);
	void *screen; /* the arg of both */
};

/* NULL with e set (ERR_LOCAL) if a descriptor cannot be watched. */
struct stdio *stdio_new(struct loop *l, const struct stdio_params *p,
			struct err *e);
void stdio_free(struct stdio *s); /* NULL is fine */

/*
 * Move bytes. Returns true if there is more to do at once (the share of this
 * turn was used up): take another turn without waiting.
 */
bool stdio_step(struct stdio *s);

/* Everything that the channel had to say was written, or cannot be. */
bool stdio_is_drained(const struct stdio *s);

/* Is there nothing to be moved between it and the server now, unless its
 * descriptors wake it? */
bool stdio_is_quiet(const struct stdio *s);

/* Did whoever read our standard output go away? */
bool stdio_lost_reader(const struct stdio *s);

/* And was the channel closed because of that? */
bool stdio_has_closed(const struct stdio *s);

/* Hold back the output, or let it go on: then take a step. */
void stdio_pause_output(struct stdio *s, bool on);

/* Leave our input alone, or go on with it: then take a step. */
void stdio_pause_input(struct stdio *s, bool on);

/* Send bytes as if they had been typed, without asking typed(). */
void stdio_inject(struct stdio *s, const void *data, size_t len);

/* Stop reading our input, for good. */
void stdio_stop_input(struct stdio *s);

#endif
