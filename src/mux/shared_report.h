/*
 * shared_report - what a master tells of itself: what it is connected to and
 * how, and what runs on it.
 */
#ifndef MUX_SHARED_REPORT_H
#define MUX_SHARED_REPORT_H

struct buf;
struct client_ground;

/* Append what the connection is; lines end in \n. */
void shared_report_connection(const struct client_ground *g, struct buf *out);

#endif
