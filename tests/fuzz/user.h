/*
 * user - who uses a session: logs in, opens channels and listeners, reads and
 * writes, all through the headers of src/ssh/, so with any engine.
 *
 * It checks what must hold whatever a server says: a session that ended says
 * why, what is read from the first channel is the beginning of what was sent
 * there, and everything can be freed at any time.
 */
#ifndef TESTS_FUZZ_USER_H
#define TESTS_FUZZ_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ssh/session.h"

struct buf;
struct loop;
struct user;

enum user_login {
	USER_LOGIN_NONE,
	USER_LOGIN_KEY,
	USER_LOGIN_PASSWORD,
	USER_LOGIN_INTERACTIVE,
};

/* Bits: what is asked for. */
enum {
	USER_SESSION = 1, /* a session channel with a command */
	USER_PTY = 2,     /* on it */
	USER_ENV = 4,
	USER_AGENT = 8,
	USER_X11 = 16,
	USER_DIRECT = 32,   /* a connection from the server */
	USER_LISTENER = 64, /* a port on the server */
	USER_EARLY = 128,   /* steps before their time */
};

/* Bits: how; without effect where an engine cannot. */
enum {
	USER_SIGN_FIRST = 4,   /* with USER_EARLY: a signature begins */
	USER_AHEAD = 8,        /* offers and guesses before the peer speaks */
	USER_START_EARLY = 16, /* with USER_EARLY: the command, too */
	USER_REKEYS = 32,      /* often */
	USER_HOSTBASED = 64,   /* instead of another login */
};

struct user_params {
	enum session_engine engine;
	const char *cipher, *mac;
	bool compression;
	enum user_login login;
	unsigned ways, wants;
};

/* Takes over fd, a non-blocking socket. */
struct user *user_new(struct loop *l, int fd, const struct user_params *p);
void user_free(struct user *u);

/* One turn, as a client would take it. */
void user_step(struct user *u);

/* Something that a user may do at any time; arg is a number of anything. */
void user_act(struct user *u, uint8_t what, uint8_t arg);

/* Is there nothing more to do? */
bool user_is_over(const struct user *u);

/* What became of it, for comparing two engines. */
struct user_outcome {
	bool is_handshaken, is_in, is_alive;
	uint64_t bytes; /* read */
	int exit;       /* enum channel_exit of the first channel */
	int status;
	char why[128]; /* what is said about the end; not compared */
};

struct user_outcome user_outcome(const struct user *u);

/* What came over standard output of the first channel. Borrowed. */
const struct buf *user_output(const struct user *u);

#endif
