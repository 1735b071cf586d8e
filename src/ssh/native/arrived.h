/*
 * arrived - data of a channel's stream that was received and not yet consumed:
 * a queue of pieces, so that it takes no more memory than is waiting, and
 * nothing is moved.
 */
#ifndef SSH_NATIVE_ARRIVED_H
#define SSH_NATIVE_ARRIVED_H

#include <stddef.h>

struct piece;

struct arrived {
	struct piece *first, *last;
	size_t at;    /* of the first piece: bytes before it were consumed */
	size_t bytes; /* waiting, in all */
};

/* A copy of len bytes joins the queue. */
void arrived_add(struct arrived *a, const unsigned char *data, size_t len);

/* How many bytes of the front lie together, and where they are: borrowed until
 * the queue is changed. 0: there are none. */
size_t arrived_front(const struct arrived *a, const unsigned char **ret_data);

/* Drop that many bytes from the front; at most those of arrived_front(). */
void arrived_consume(struct arrived *a, size_t len);

void arrived_clear(struct arrived *a);

#endif
