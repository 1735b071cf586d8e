/*
 * manners - what the peer answers by itself, as a server would: each kind of
 * answer can be left out, for an input to say something else in its place.
 */
#ifndef TESTS_FUZZ_MANNERS_H
#define TESTS_FUZZ_MANNERS_H

#include <stdbool.h>
#include <stdint.h>

struct peer;
struct wire;

/* Bits: what is answered. */
enum {
	MANNERS_SERVICE = 1,
	MANNERS_LOGIN = 2,      /* lets in, whatever is shown */
	MANNERS_OPEN = 4,       /* confirms channels */
	MANNERS_REQUEST = 8,    /* succeeds, on channels */
	MANNERS_CLOSE = 16,     /* closes what the client closes */
	MANNERS_GLOBAL = 32,    /* succeeds */
	MANNERS_REFUSE = 64,    /* says no to opens and requests instead */
	MANNERS_QUESTION = 128, /* asks once more before it lets in */
};

/* Our numbers for the channels that the client opens are its own, as some
 * servers' are; for those that scripts open they begin here. */
#define MANNERS_OWN 100
#define MANNERS_OWN_MAX 100

struct manners {
	unsigned kinds;
	bool is_in;      /* USERAUTH_SUCCESS was said */
	bool has_asked;  /* MANNERS_QUESTION */
	uint64_t closed; /* channels, by the client's numbers up to 63 */
	uint32_t numbers[MANNERS_OWN_MAX]; /* the client's, for those */
};

/* A payload that is sent to the client by somebody else. */
void manners_note(struct manners *m, const struct wire *payload);

/* A payload from the client. */
void manners_answer(struct manners *m, struct peer *p,
		    const struct wire *payload);

#endif
