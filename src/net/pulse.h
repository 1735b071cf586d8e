/*
 * pulse - the finger on a connection: calls those who watch for silence when
 * they want to look, tells them when the other side was last heard, and sends a
 * probe, which it must answer, if one of them wants that.
 */
#ifndef NET_PULSE_H
#define NET_PULSE_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct pulse;
struct pulse_watch;

struct pulse_params {
	struct loop *loop;
	/* When something was last heard, on the clock of loop_now_ms(). */
	int64_t (*heard_ms)(void *arg);
	void (*probe)(void *arg);
	void *arg;
};

/* What a watcher finds when it looks. */
struct pulse_look {
	int64_t now_ms, heard_ms;
	bool wants_probe; /* to be set */
};

struct pulse *pulse_new(const struct pulse_params *p);

/* Its watches were freed before. NULL is fine. */
void pulse_free(struct pulse *p);

/* Have look() called after wait_ms, and then after as many milliseconds as it
 * returns; -1: not again before pulse_look_in(). */
struct pulse_watch *
pulse_watch(struct pulse *p, int64_t wait_ms,
	    int64_t (*look)(void *arg, struct pulse_look *l), void *arg);
void pulse_unwatch(struct pulse_watch *w); /* NULL is fine */

void pulse_look_in(struct pulse_watch *w, int64_t wait_ms);

int64_t pulse_heard_ms(const struct pulse *p);

#endif
