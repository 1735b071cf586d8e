#include "forward/parking.h"

#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/system.h"
#include "base/xalloc.h"
#include "net/loop.h"

/* How often it is looked who has left. */
#define LOOK_EVERY_MS 1000

struct car {
	void *owner;
	int fd;
	int64_t until_ms;
};

struct parking {
	int64_t hold_ms;
	struct loop_timer *timer;
	struct car cars[PARKING_MAX]; /* who came first is the first */
	size_t n_cars;
	bool was_full; /* that was told */
};

/* With no linger the kernel resets the connection instead of ending it. */
static void
refuse(int fd)
{
	const struct linger none = { .l_onoff = 1 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(fd);
}

static void
take_out(struct parking *p, size_t i)
{
	p->n_cars--;
	memmove(&p->cars[i], &p->cars[i + 1],
		(p->n_cars - i) * sizeof(p->cars[0]));
}

/* What has become of them, as poll(2) says: nobody reads here, so all that
 * counts is what needs no asking. */
static void
look(const struct parking *p, struct pollfd *ret_polls)
{
	for (size_t i = 0; i < p->n_cars; i++)
		ret_polls[i] = (struct pollfd){
			.fd = p->cars[i].fd,
			.events = POLLRDHUP,
		};
	(void)poll(ret_polls, (nfds_t)p->n_cars, 0);
}

/* Let go of those who have left, and those whose time is over. */
static void
sweep(struct parking *p)
{
	struct pollfd polls[PARKING_MAX];
	int64_t now_ms = loop_now_ms();

	look(p, polls);
	for (size_t i = p->n_cars; i-- > 0;) {
		const struct car *c = &p->cars[i];
		bool has_left = (polls[i].revents & (POLLERR | POLLHUP)) != 0;

		if (!has_left && now_ms < c->until_ms)
			continue;
		log_debug("forwarding: a connection that waited %s",
			  has_left ? "has gone" : "is refused");
		refuse(c->fd);
		take_out(p, i);
	}
}

/* The first of those who write no more makes room. */
static void
make_room(struct parking *p)
{
	struct pollfd polls[PARKING_MAX];
	size_t i = 0;

	sweep(p);
	if (p->n_cars < PARKING_MAX)
		return;
	look(p, polls);
	while (i < p->n_cars && (polls[i].revents & POLLRDHUP) == 0)
		i++;
	if (i == p->n_cars)
		return;
	refuse(p->cars[i].fd);
	take_out(p, i);
}

static void
set_timer(struct parking *p)
{
	int64_t least_ms = LOOK_EVERY_MS, now_ms = loop_now_ms();

	for (size_t i = 0; i < p->n_cars; i++)
		if (p->cars[i].until_ms - now_ms < least_ms)
			least_ms = p->cars[i].until_ms - now_ms;
	if (least_ms < 0)
		least_ms = 0;
	loop_timer_set(p->timer, p->n_cars > 0 ? least_ms : -1);
}

static void
on_time(void *arg)
{
	struct parking *p = arg;

	sweep(p);
	set_timer(p);
}

struct parking *
parking_new(struct loop *l, int64_t hold_ms)
{
	struct parking *p = xcalloc(1, sizeof(*p));

	p->hold_ms = hold_ms;
	p->timer = loop_timer_new(l, on_time, p);
	return p;
}

void
parking_free(struct parking *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n_cars; i++)
		refuse(p->cars[i].fd);
	loop_timer_free(p->timer);
	free(p);
}

static void
insert(struct parking *p, size_t at, void *owner, int fd)
{
	if (p->n_cars == PARKING_MAX)
		make_room(p);
	if (p->hold_ms <= 0 || p->n_cars == PARKING_MAX) {
		if (p->hold_ms > 0 && !p->was_full)
			log_info("forwarding: %d connections wait, others are "
				 "refused",
				 PARKING_MAX);
		p->was_full = p->hold_ms > 0;
		refuse(fd);
		return;
	}
	if (at > p->n_cars)
		at = p->n_cars;
	memmove(&p->cars[at + 1], &p->cars[at],
		(p->n_cars - at) * sizeof(p->cars[0]));
	p->cars[at] = (struct car){
		.owner = owner,
		.fd = fd,
		.until_ms = loop_now_ms() + p->hold_ms,
	};
	p->n_cars++;
	set_timer(p);
}

void
parking_add(struct parking *p, void *owner, int fd)
{
	insert(p, p->n_cars, owner, fd);
}

void
parking_put_back(struct parking *p, void *owner, int fd)
{
	insert(p, 0, owner, fd);
}

void
parking_let_in(struct parking *p, parking_admit_fn *admit)
{
	size_t n;

	sweep(p);
	n = p->n_cars;
	p->n_cars = 0;
	p->was_full = false;
	for (size_t i = 0; i < n; i++)
		admit(p->cars[i].owner, p->cars[i].fd);
	set_timer(p);
}

void
parking_forget(struct parking *p, const void *owner)
{
	for (size_t i = p->n_cars; i-- > 0;) {
		if (p->cars[i].owner != owner)
			continue;
		refuse(p->cars[i].fd);
		take_out(p, i);
	}
	set_timer(p);
}
