/*
 * shared_list - what runs on a master now, for -O list.
 */
#ifndef MUX_SHARED_LIST_H
#define MUX_SHARED_LIST_H

struct buf;
struct visitors;

/* Append it for people; lines end in \n. */
void shared_list_print(const struct visitors *all, struct buf *out);

/* Append it as one line of JSON, and \n. */
void shared_list_print_json(const struct visitors *all, struct buf *out);

#endif
