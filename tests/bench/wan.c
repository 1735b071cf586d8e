/*
 * wan - a long path between two network namespaces, for measuring.
 *
 * wan ONE_WAY_MILLISECONDS
 *
 * Each namespace has one tun device, 10.77.0.1 and 10.77.0.2, and a loopback
 * of its own. A packet that one sends reaches the other after the given time.
 * Both ends are the kernel's own TCP, which a proxy would replace by two short
 * paths. When all is there, wan says "ready", and the namespaces are
 * /proc/PID/fd/3 and /proc/PID/fd/4; they end with wan's standard input.
 *
 * Needs root and /dev/net/tun.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PACKET_BYTES 1500
/* What one direction can hold: 200 ms at 2.5 Gbit/s. More is dropped. */
#define QUEUE_LENGTH ((size_t)1 << 16)
/* Packets that are moved before the other direction gets its turn. */
#define TURN_PACKETS 64

struct packet {
	int64_t due;
	size_t len;
	unsigned char data[PACKET_BYTES];
};

/* One direction; packets [sent, read) are under way. */
struct direction {
	int from, to;
	size_t sent, read;
	struct packet *queue;
};

static void
give_up(const char *what)
{
	perror(what);
	exit(1);
}

/* In nanoseconds. */
static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void
request(int fd, unsigned long what, struct ifreq *with)
{
	if (ioctl(fd, what, with) != 0)
		give_up("configuring the network");
}

static void
set_address(int fd, unsigned long what, struct ifreq *device,
	    const char *address)
{
	struct sockaddr_in in = { .sin_family = AF_INET };

	inet_pton(AF_INET, address, &in.sin_addr);
	memcpy(&device->ifr_addr, &in, sizeof(in));
	request(fd, what, device);
}

static void
set_up(int fd, struct ifreq *device)
{
	device->ifr_flags = IFF_UP | IFF_RUNNING;
	request(fd, SIOCSIFFLAGS, device);
}

/* The largest buffer that TCP may use: the default is too small for distance.
 * It is a setting of the namespace. */
static void
allow_buffers(const char *which)
{
	FILE *out = fopen(which, "we");

	if (out == NULL || fputs("4096 131072 134217728\n", out) < 0 ||
	    fclose(out) != 0)
		give_up(which);
}

/* Enter a new namespace, in which a tun device is the way to the other. */
static int
make_end(const char *address, int number)
{
	struct ifreq device = { .ifr_name = "wan" };
	struct ifreq loopback = { .ifr_name = "lo" };
	int tun, any, namespace;

	if (unshare(CLONE_NEWNET) != 0)
		give_up("making a namespace");
	tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	namespace = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (tun < 0 || any < 0 || dup2(namespace, number) < 0)
		give_up("making a network device");
	device.ifr_flags = IFF_TUN | IFF_NO_PI;
	request(tun, TUNSETIFF, &device);
	set_address(any, SIOCSIFADDR, &device, address);
	set_address(any, SIOCSIFNETMASK, &device, "255.255.255.0");
	device.ifr_qlen = 10000;
	request(any, SIOCSIFTXQLEN, &device);
	set_up(any, &device);
	set_up(any, &loopback);
	allow_buffers("/proc/sys/net/ipv4/tcp_rmem");
	allow_buffers("/proc/sys/net/ipv4/tcp_wmem");
	close(namespace);
	close(any);
	return tun;
}

/* Both return true if there may be more to do at once. */
static bool
take(struct direction *d, int64_t delay)
{
	static unsigned char dropped[PACKET_BYTES];

	for (int i = 0; i < TURN_PACKETS; i++) {
		bool is_full = d->read - d->sent == QUEUE_LENGTH;
		struct packet *p = &d->queue[d->read % QUEUE_LENGTH];
		ssize_t n =
		    read(d->from, is_full ? dropped : p->data, PACKET_BYTES);

		if (n <= 0)
			return false;
		if (is_full)
			continue;
		p->due = now() + delay;
		p->len = (size_t)n;
		d->read++;
	}
	return true;
}

static bool
deliver(struct direction *d)
{
	for (int i = 0; i < TURN_PACKETS; i++) {
		struct packet *p = &d->queue[d->sent % QUEUE_LENGTH];

		if (d->sent == d->read || p->due > now())
			return false;
		if (write(d->to, p->data, p->len) < 0 && errno == EAGAIN)
			return false;
		d->sent++;
	}
	return true;
}

/* When the first packet must go on, if that is sooner than soon. */
static int64_t
next_due(const struct direction *d, int64_t soon)
{
	int64_t due = d->queue[d->sent % QUEUE_LENGTH].due;

	return d->sent < d->read && due < soon ? due : soon;
}

static void
relay(struct direction *there, struct direction *back, int64_t delay)
{
	struct pollfd fds[] = { { .fd = there->from, .events = POLLIN },
				{ .fd = back->from, .events = POLLIN },
				{ .fd = STDIN_FILENO } };

	while (fds[2].revents == 0) {
		bool more = take(there, delay);
		int64_t wait = now() + 1000000000;
		struct timespec t = { 0 };

		more = take(back, delay) || more;
		more = deliver(there) || more;
		more = deliver(back) || more;
		wait = next_due(back, next_due(there, wait)) - now();
		if (!more && wait > 0) {
			t.tv_sec = wait / 1000000000;
			t.tv_nsec = wait % 1000000000;
		}
		ppoll(fds, 3, &t, NULL);
	}
}

int
main(int argc, char **argv)
{
	struct direction there = { 0 }, back = { 0 };

	if (argc != 2) {
		fputs("usage: wan ONE_WAY_MILLISECONDS\n", stderr);
		return 2;
	}
	there.queue = calloc(QUEUE_LENGTH, sizeof(*there.queue));
	back.queue = calloc(QUEUE_LENGTH, sizeof(*back.queue));
	if (there.queue == NULL || back.queue == NULL)
		give_up("memory");
	/* keep 3 and 4 free for the namespaces */
	dup2(STDERR_FILENO, 3);
	dup2(STDERR_FILENO, 4);
	there.from = back.to = make_end("10.77.0.1", 3);
	there.to = back.from = make_end("10.77.0.2", 4);
	puts("ready");
	fflush(stdout);
	relay(&there, &back, (int64_t)(strtod(argv[1], NULL) * 1e6));
	return 0;
}
