/*
 * passenger - what is special about a crossing of a lane: it may say by SOCKS
 * where it wants to go, and it is counted.
 */
#ifndef FORWARD_PASSENGER_H
#define FORWARD_PASSENGER_H

struct channel;
struct crossing_kind;
struct lane;

/* What the lane's crossings are to be made for. */
extern const struct crossing_kind passenger_kind;

/* Somebody came to a lane (lane.h). */
void passenger_admit(struct lane *l, int fd, struct channel *channel);

#endif
