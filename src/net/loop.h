/*
 * loop - waiting: descriptors, timers, signals and deferred work on libevent.
 *
 * One thread. Callbacks run from loop_run_once() only and never call it
 * again. Every watcher is owned by whoever made it and is freed by it; after
 * x_free() its callback does not run any more, even if it was already due.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct loop;
struct loop_io;
struct loop_timer;
struct loop_signal;
struct loop_task;

/* NULL with e set if the kernel refuses. */
struct loop *loop_new(struct err *e);
void loop_free(struct loop *l); /* after everything made with it */

/* In a child process that goes on with the loop: take the kernel's side of it
 * apart from the parent's. Returns 0, or -1 with e set. */
int loop_after_fork(struct loop *l, struct err *e);

/* Wait until at least one watcher is due (at most timeout_ms; -1: no limit)
 * and run the callbacks of all that are. Returns 0, or -1 with e set. */
int loop_run_once(struct loop *l, int timeout_ms, struct err *e);

/* Monotonic clock in milliseconds. */
int64_t loop_now_ms(void);

/*
 * Watch a descriptor (borrowed). Nothing is watched until
 * loop_io_want(). Level triggered. Descriptors that epoll refuses (regular
 * files) count as always ready. NULL with e set if it cannot be watched.
 */
typedef void loop_io_fn(void *arg, bool can_read, bool can_write);
struct loop_io *loop_io_new(struct loop *l, int fd, loop_io_fn *fn, void *arg,
			    struct err *e);
void loop_io_want(struct loop_io *io, bool read, bool write);
bool loop_io_is_always_ready(const struct loop_io *io);
void loop_io_free(struct loop_io *io);

/* One-shot timers. Setting again replaces; -1 disarms. */
typedef void loop_fn(void *arg);
struct loop_timer *loop_timer_new(struct loop *l, loop_fn *fn, void *arg);
void loop_timer_set(struct loop_timer *t, int64_t delay_ms);
void loop_timer_free(struct loop_timer *t);

/* Signals, delivered in the loop; the old disposition returns at free. */
typedef void loop_signal_fn(void *arg, int signo);
struct loop_signal *loop_signal_new(struct loop *l, int signo,
				    loop_signal_fn *fn, void *arg);
void loop_signal_free(struct loop_signal *s);

/*
 * Work to do once per turn of the loop, after the callbacks that asked for
 * it. loop_task_post() from any callback makes fn run once in this turn; from
 * within fn itself it makes it run again in the next turn, after descriptors
 * have been looked at without waiting.
 */
struct loop_task *loop_task_new(struct loop *l, loop_fn *fn, void *arg);
void loop_task_post(struct loop_task *t);
void loop_task_free(struct loop_task *t);

#endif
