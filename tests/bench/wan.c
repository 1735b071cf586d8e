/*
 * wan - a long path between two network namespaces, for measuring, and for
 * tearing it.
 *
 * wan ONE_WAY_MILLISECONDS [MEGABITS_PER_SECOND]
 *
 * Each namespace has one tun device, 10.77.0.1 and 10.77.0.2, and a loopback
 * of its own. A packet that one sends reaches the other after the given time.
 * Both ends are the kernel's own TCP, which a proxy would replace by two short
 * paths. When all is there, wan says "ready", and the namespaces are
 * /proc/PID/fd/3 and /proc/PID/fd/4; they end with wan's standard input. Each
 * line there is an order, which has been carried out when wan says "done":
 *
 * cut [1|2]     Nothing passes any more, or nothing that this end sends.
 * forget [1|2]  As cut, for the TCP connections of until now. Those which begin
 *               later pass, as through a NAT that has lost its table.
 * mend          Everything passes again.
 *
 * Nobody is told of any of it. What an end can see, such as a pulled cable or
 * another address, is up to ip(8) in its namespace.
 *
 * With a rate, each direction is a line of that speed with a queue before it.
 * Packets leave the line one after the other, and those that find the queue
 * full are dropped: it holds what the line carries in one round trip.
 *
 * As network cards do, the devices take up to 64 KiB of TCP at once and leave
 * cutting it into segments of 1500 bytes, and checksums, to us. We have no
 * wire, so that nothing is cut; on the line it counts as its segments.
 *
 * Needs root and /dev/net/tun.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
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

/* The largest IP packet, and what the device puts in front of it. */
#define PACKET_BYTES (sizeof(struct virtio_net_hdr) + 65535)
/* The headers of a segment: IPv4, and TCP with its time stamps. */
#define HEADER_BYTES 52
#define SECOND 1000000000

/* In the ring, each packet begins where one of the largest would fit. */
struct packet {
	int64_t due;
	size_t len;
	unsigned char data[]; /* a struct virtio_net_hdr comes first */
};

#define SLOT_BYTES (sizeof(struct packet) + PACKET_BYTES)
/* What one direction can hold: 200 ms at 10 Gbit/s. More is dropped. */
#define RING_BYTES ((size_t)1 << 28)
/* Packets that are moved before the other direction gets its turn. */
#define TURN_PACKETS 64

/* One direction; positions [sent, read) of the ring are under way. */
struct direction {
	int from, to;
	size_t sent, read;
	unsigned char *ring;
	int64_t line_is_free;
	bool is_cut, is_forgetful;
};

struct path {
	int64_t delay;
	double ns_per_byte; /* 0: no limit */
	struct direction way[2];
	/* the connections that began since the last order to forget */
	bool has_begun[1 << 16];
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
	return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
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

/* Change how TCP works in the namespace that we are in. */
static void
set_tcp(const char *which, const char *value)
{
	char path[64];
	FILE *out;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/tcp_%s", which);
	out = fopen(path, "we");
	if (out == NULL || fputs(value, out) < 0 || fclose(out) != 0)
		give_up(path);
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
	device.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR;
	request(tun, TUNSETIFF, &device);
	if (ioctl(tun, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4) != 0)
		give_up("asking for large packets");
	set_address(any, SIOCSIFADDR, &device, address);
	set_address(any, SIOCSIFNETMASK, &device, "255.255.255.0");
	device.ifr_qlen = 10000;
	request(any, SIOCSIFTXQLEN, &device);
	set_up(any, &device);
	set_up(any, &loopback);
	/* the default is too small for distance */
	set_tcp("rmem", "4096 131072 134217728");
	set_tcp("wmem", "4096 131072 134217728");
	/* no connection profits from what another one found out */
	set_tcp("no_metrics_save", "1");
	close(namespace);
	close(any);
	return tun;
}

/* The first position from here on where a packet may begin. */
static size_t
place(size_t position)
{
	size_t left = RING_BYTES - position % RING_BYTES;

	return left < SLOT_BYTES ? position + left : position;
}

static struct packet *
packet_at(const struct direction *d, size_t position)
{
	return (struct packet *)(void *)(d->ring + position % RING_BYTES);
}

/* The position after a packet; the next one is aligned as this one. */
static size_t
after(size_t position, const struct packet *p)
{
	const size_t align = _Alignof(struct packet);

	return position + (sizeof(*p) + p->len + align - 1) / align * align;
}

/* What a packet would be on a wire. */
static size_t
wire_bytes(const struct packet *p)
{
	struct virtio_net_hdr header;
	size_t len = p->len - sizeof(header);

	memcpy(&header, p->data, sizeof(header));
	if (header.gso_size > 0 && len > HEADER_BYTES)
		len +=
		    (len - HEADER_BYTES - 1) / header.gso_size * HEADER_BYTES;
	return len;
}

/* Say when a packet that came now is due; false if there is no room for it. */
static bool
schedule(struct direction *d, const struct path *path, struct packet *p)
{
	int64_t start = now();

	if (path->ns_per_byte > 0) {
		if (d->line_is_free - start > 2 * path->delay)
			return false;
		if (d->line_is_free > start)
			start = d->line_is_free;
		start += (int64_t)((double)wire_bytes(p) * path->ns_per_byte);
		d->line_is_free = start;
	}
	p->due = start + path->delay;
	return true;
}

/*
 * Does a packet belong to a TCP connection that had begun before? Both ends'
 * packets have the same two ports: enough to tell connections apart here.
 */
static bool
is_forgotten(struct path *path, const struct packet *p)
{
	const unsigned char *at = p->data + sizeof(struct virtio_net_hdr);
	struct iphdr ip;
	struct tcphdr tcp;
	bool *has_begun;

	if (p->len < sizeof(struct virtio_net_hdr) + sizeof(ip) + sizeof(tcp))
		return false;
	memcpy(&ip, at, sizeof(ip));
	if (ip.version != 4 || ip.ihl != 5 || ip.protocol != IPPROTO_TCP)
		return false;
	memcpy(&tcp, at + sizeof(ip), sizeof(tcp));
	has_begun = &path->has_begun[tcp.source ^ tcp.dest];
	if (tcp.syn && !tcp.ack)
		*has_begun = true;
	return !*has_begun;
}

static bool
passes(const struct direction *d, struct path *path, const struct packet *p)
{
	/* it has to see them all */
	bool is_old = is_forgotten(path, p);

	return !d->is_cut && !(d->is_forgetful && is_old);
}

/* Both return true if there may be more to do at once. */
static bool
take(struct direction *d, struct path *path)
{
	static unsigned char dropped[PACKET_BYTES];

	for (int i = 0; i < TURN_PACKETS; i++) {
		size_t at = place(d->read);
		struct packet *p = packet_at(d, at);
		bool is_full = at + SLOT_BYTES - d->sent > RING_BYTES;
		ssize_t n =
		    read(d->from, is_full ? dropped : p->data, PACKET_BYTES);

		if (n <= 0)
			return false;
		if (is_full)
			continue;
		p->len = (size_t)n;
		if (passes(d, path, p) && schedule(d, path, p))
			d->read = after(at, p);
	}
	return true;
}

static bool
deliver(struct direction *d)
{
	for (int i = 0; i < TURN_PACKETS && d->sent != d->read; i++) {
		size_t at = place(d->sent);
		const struct packet *p = packet_at(d, at);

		if (p->due > now())
			return false;
		if (write(d->to, p->data, p->len) < 0 && errno == EAGAIN)
			return false;
		d->sent = after(at, p);
	}
	if (d->sent != d->read)
		return true;
	/* from the start again, where the memory is */
	d->sent = d->read = 0;
	return false;
}

/* When the first packet must go on, if that is sooner than soon. */
static int64_t
next_due(const struct direction *d, int64_t soon)
{
	int64_t due;

	if (d->sent == d->read)
		return soon;
	due = packet_at(d, place(d->sent))->due;
	return due < soon ? due : soon;
}

static void
tear(struct path *path, struct direction *d, bool only_what_has_begun)
{
	if (only_what_has_begun) {
		d->is_forgetful = true;
		memset(path->has_begun, 0, sizeof(path->has_begun));
	} else {
		d->is_cut = true;
	}
	/* what is under way is lost */
	d->sent = d->read = 0;
}

static void
obey(struct path *path, const char *order)
{
	char verb[8];
	int end = 0;
	int words = sscanf(order, "%7s %d", verb, &end);

	for (int i = 0; i < 2; i++) {
		struct direction *d = &path->way[i];

		if (words < 1 || (words == 2 && end != i + 1))
			continue;
		if (strcmp(verb, "mend") == 0)
			d->is_cut = d->is_forgetful = false;
		else
			tear(path, d, strcmp(verb, "forget") == 0);
	}
	puts("done");
	fflush(stdout);
}

/* Carry out the orders that are there; false at their end. */
static bool
take_orders(struct path *path, short events)
{
	static char text[64];
	static size_t len;
	char *end;
	ssize_t n;

	if (events == 0)
		return true;
	n = read(STDIN_FILENO, text + len, sizeof(text) - 1 - len);
	if (n <= 0)
		return false;
	len += (size_t)n;
	text[len] = '\0';
	while ((end = strchr(text, '\n')) != NULL) {
		*end = '\0';
		obey(path, text);
		len -= (size_t)(end + 1 - text);
		memmove(text, end + 1, len + 1);
	}
	return true;
}

static void
relay(struct path *path)
{
	struct direction *there = &path->way[0], *back = &path->way[1];
	struct pollfd fds[] = { { .fd = there->from, .events = POLLIN },
				{ .fd = back->from, .events = POLLIN },
				{ .fd = STDIN_FILENO, .events = POLLIN } };

	while (take_orders(path, fds[2].revents)) {
		bool more = take(there, path);
		int64_t wait = now() + SECOND;
		struct timespec t = { 0 };

		more = take(back, path) || more;
		more = deliver(there) || more;
		more = deliver(back) || more;
		wait = next_due(back, next_due(there, wait)) - now();
		if (!more && wait > 0) {
			t.tv_sec = wait / SECOND;
			t.tv_nsec = wait % SECOND;
		}
		ppoll(fds, 3, &t, NULL);
	}
}

static void
make_ring(struct direction *d)
{
	d->ring = calloc(1, RING_BYTES);
	if (d->ring == NULL)
		give_up("memory");
}

int
main(int argc, char **argv)
{
	static struct path path;
	struct direction *there = &path.way[0], *back = &path.way[1];

	if (argc != 2 && argc != 3) {
		fputs("usage: wan ONE_WAY_MILLISECONDS "
		      "[MEGABITS_PER_SECOND]\n",
		      stderr);
		return 2;
	}
	path.delay = (int64_t)(strtod(argv[1], NULL) * 1e6);
	if (argc == 3)
		path.ns_per_byte = 8000 / strtod(argv[2], NULL);
	make_ring(there);
	make_ring(back);
	/* keep 3 and 4 free for the namespaces */
	dup2(STDERR_FILENO, 3);
	dup2(STDERR_FILENO, 4);
	there->from = back->to = make_end("10.77.0.1", 3);
	there->to = back->from = make_end("10.77.0.2", 4);
	puts("ready");
	fflush(stdout);
	relay(&path);
	return 0;
}
