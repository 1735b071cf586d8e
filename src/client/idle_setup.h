/*
 * idle_setup - ChannelTimeout as the user wants it.
 */
#ifndef CLIENT_IDLE_SETUP_H
#define CLIENT_IDLE_SETUP_H

struct client;
struct idle;

/* Owned by the caller; NULL if there are no limits. */
struct idle *idle_setup_new(struct client *c);

#endif
