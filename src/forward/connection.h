/*
 * connection - one connection through a forwarding, from the moment somebody
 * connected to the moment both directions are over.
 */
#ifndef FORWARD_CONNECTION_H
#define FORWARD_CONNECTION_H

#include <stdbool.h>

struct buf;
struct channel;
struct connection;
struct forward;

/* Somebody connected here: fd is taken over. */
void forward_connection_from_socket(struct forward *f, int fd);

/* Somebody connected to the server: the channel is taken over. */
void forward_connection_from_channel(struct forward *f, struct channel *channel);

/* Returns true if there is more to do at once. */
bool forward_connection_step(struct connection *c);

bool forward_connection_is_over(const struct connection *c);
bool forward_connection_is_opening(const struct connection *c);
struct connection *forward_connection_next(const struct connection *c);

/* Take it out of the forwards' list and free it. */
void forward_connection_free(struct connection *c);

/* Append "TARGET from ADDRESS port N (N bytes in, N bytes out)". */
void forward_connection_print(const struct connection *c, struct buf *out);

#endif
