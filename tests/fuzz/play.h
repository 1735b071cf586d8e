/*
 * play - one session from beginning to end: a user (user.h) and a peer
 * (peer.h) at the two ends of a socket, in one process, turn by turn.
 */
#ifndef TESTS_FUZZ_PLAY_H
#define TESTS_FUZZ_PLAY_H

#include <stddef.h>
#include <stdint.h>

#include "script.h"

/* What the bytes after the header are. */
enum play_mode {
	PLAY_EVENTS, /* script.h */
	PLAY_BYTES,  /* all of them, sent as they are */
};

/*
 * Play the input once with each engine that this build has; $ENGINE, "native"
 * or "libssh2", leaves one. Whatever must not happen is an assertion. With
 * $DIFFER set, so is a difference between engines: that a session lives and the
 * other has ended, or what its user got to see. As our own engine refuses much
 * that libssh2 overlooks, sessions that it ended count with DIFFER=all only.
 */
void play(const uint8_t *data, size_t size, enum play_mode mode);

#endif
