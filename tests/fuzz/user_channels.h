/*
 * user_channels - the channels and listeners of a user.
 */
#ifndef TESTS_FUZZ_USER_CHANNELS_H
#define TESTS_FUZZ_USER_CHANNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct channel;
struct remote_listener;
struct session;

#define USER_CHANNELS 8
#define USER_LISTENERS 3

/* One channel; NULL where there is none. */
struct user_channel {
	struct channel *channel;
	bool is_open;
	bool is_first; /* of the session: what it says is kept */
	size_t to_write;
};

/* All zero, but for the session, which is borrowed. */
struct user_channels {
	struct session *session;
	struct user_channel items[USER_CHANNELS];
	struct remote_listener *listeners[USER_LISTENERS];
	bool wants_agent, wants_x11;
	bool wants_proof;  /* of the peer's other host keys */
	struct buf output; /* of the first one */
	uint64_t bytes;    /* of all */
	int exit, status;  /* of the first one */
};

void user_channels_clear(struct user_channels *c);

/* Ask for what these bits (user.h) say. */
void user_channels_ask(struct user_channels *c, unsigned wants);

/* Read and write what can be; take what came in; free what has ended. */
void user_channels_step(struct user_channels *c);

/* See user_act(). */
void user_channels_act(struct user_channels *c, uint8_t what, uint8_t arg);

#endif
