/*
 * script - an input of the session targets: what the peer is like, what the
 * user wants, and then events, one after the other. Any bytes are a script.
 *
 * tests/fuzz/seeds.py writes scripts, and names everything in the same way.
 */
#ifndef TESTS_FUZZ_SCRIPT_H
#define TESTS_FUZZ_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wire.h"

/* When the events begin; at the latest, when nothing happens any more. */
enum script_start {
	SCRIPT_AT_ONCE,
	SCRIPT_WITH_KEYS,
	SCRIPT_LOGGED_IN, /* together with USERAUTH_SUCCESS */
	SCRIPT_SETTLED,   /* when both sides wait for the other, with keys */
};

#define SCRIPT_HEADER_BYTES 5

/* The first bytes of an input. */
struct script_header {
	uint8_t cipher; /* an index */
	bool is_strict, has_ext_info, compression;
	enum script_start start;
	uint8_t manners; /* manners.h */
	uint8_t login;   /* enum user_login */
	uint8_t ways;    /* user.h */
	uint8_t wants;   /* user.h */
	size_t piece;    /* bytes that arrive in a turn; 0: all */
};

/* False if there is less than a header. */
bool script_get_header(struct wire *input, struct script_header *ret);

enum script_kind {
	SCRIPT_PAYLOAD, /* data: sent as one packet */
	SCRIPT_WAIT,    /* the rest comes in the next turn */
	SCRIPT_REKEY,
	SCRIPT_RAW,    /* data: sent as it is */
	SCRIPT_DATA,   /* bytes[0]: channel, [1]: stream, number: how much */
	SCRIPT_ACT,    /* bytes: for user_act() */
	SCRIPT_REPEAT, /* bytes[0]: how often the last payload comes again */
	SCRIPT_HANG_UP,
	SCRIPT_SPOIL, /* number: peer_spoil() */
	SCRIPT_KINDS,
};

struct script_event {
	enum script_kind kind;
	struct wire data; /* borrowed from the input */
	uint8_t bytes[2];
	uint16_t number;
};

/* The next event; false after the last. */
bool script_get_event(struct wire *input, struct script_event *ret);

#endif
