/*
 * sink - where lines go that programs are to read (EventsFile, ReadyFd): a
 * file, a FIFO, or a descriptor that we were left. It never waits: a line that
 * cannot be written is dropped, and counted.
 *
 * A line that was begun is finished before another begins. A FIFO without a
 * reader, and a file that somebody has moved away (logrotate), is opened anew
 * for the next line.
 */
#ifndef TUNNEL_SINK_H
#define TUNNEL_SINK_H

#include <stdint.h>

struct buf;
struct err;
struct sink;
struct loop;

/* If fd is not -1, it is a copy of fd that is written to, and path is what it
 * is called. keyword and path, for messages, are borrowed. NULL with e set
 * (ERR_LOCAL) if nothing can be written there. */
struct sink *sink_new(struct loop *l, const char *keyword, const char *path,
		      int fd, struct err *e);
void sink_free(struct sink *f); /* NULL is fine */

/* There are no more lines: close it once the last one is written. */
void sink_finish(struct sink *f);

void sink_add(struct sink *f, const struct buf *line);

/* The lines that were dropped since the last one that was not. */
uint64_t sink_dropped(const struct sink *f);

#endif
