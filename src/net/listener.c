#include "net/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/system.h"
#include "base/xalloc.h"
#include "net/address.h"
#include "net/inherited.h"
#include "net/loop.h"
#include "net/resolve.h"

#define BACKLOG 128
#define PAUSE_MS 1000
#define TCP_FUNCTION "channel_setup_fwd_listener_tcpip" /* ssh's */
#define MAX_AT_ONCE 16 /* connections accepted per socket and turn */

struct entrance {
	struct listener *owner;
	int fd;
	struct loop_io *io;
	struct entrance *next;
};

struct listener {
	struct loop *loop;
	struct listener_params params;
	char *host;              /* params.host */
	char *path;              /* params.path */
	struct resolve *resolve; /* of host; NULL: none is needed, or done */
	bool is_listening;
	struct entrance *entrances, **tail;
	struct loop_timer *pause;
	bool is_paused, is_held;
	bool has_told;
	bool has_file; /* at path: to be removed */
	dev_t device;
	ino_t inode;
};

/* Where it does not apply, nothing happens. */
static void
set_option(int fd, int level, int name)
{
	int on = 1;

	(void)setsockopt(fd, level, name, &on, sizeof(on));
}

static void
watch(struct listener *li)
{
	for (struct entrance *en = li->entrances; en != NULL; en = en->next)
		loop_io_want(en->io, !li->is_paused && !li->is_held, false);
}

static void
pause_accepting(struct listener *li, int error)
{
	li->is_paused = true;
	loop_timer_set(li->pause, PAUSE_MS);
	watch(li);
	if (!li->has_told)
		li->params.trouble(li->params.arg, error);
	li->has_told = true;
}

static void
on_pause_over(void *arg)
{
	struct listener *li = arg;

	li->is_paused = false;
	watch(li);
}

static void
on_connection(void *arg, bool can_read, bool can_write)
{
	struct entrance *en = arg;
	struct listener *li = en->owner;

	(void)can_read;
	(void)can_write;
	for (int i = 0; i < MAX_AT_ONCE; i++) {
		int fd = system_accept(en->fd);

		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0) {
			if (errno != EAGAIN)
				pause_accepting(li, errno);
			return;
		}
		li->has_told = false;
		set_option(fd, IPPROTO_TCP, TCP_NODELAY);
		li->params.accepted(li->params.arg, fd);
	}
}

/* Takes over fd. */
static int
add_entrance(struct listener *li, int fd, struct err *e)
{
	struct entrance *en = xcalloc(1, sizeof(*en));

	en->owner = li;
	en->fd = fd;
	en->io = loop_io_new(li->loop, fd, on_connection, en, e);
	if (en->io == NULL) {
		close(fd);
		free(en);
		return -1;
	}
	*li->tail = en;
	li->tail = &en->next;
	return 0;
}

/* Take what was inherited for this place. Returns how many sockets, or -1. */
static int
take_inherited(struct listener *li, struct err *e)
{
	const struct listener_params *p = &li->params;
	int fd, count = 0;

	if (p->inherited == NULL)
		return 0;
	while ((fd = inherited_take(p->inherited, p->port, p->path)) >= 0) {
		if (add_entrance(li, fd, e) != 0)
			return -1;
		count++;
	}
	return count;
}

/* ssh's channel_fwd_bind_addr(): the name to look up, or NULL for everybody
 * or for this machine. */
static const char *
bind_host(const struct listener_params *p, bool *ret_everybody)
{
	const char *host = p->host;

	*ret_everybody = host == NULL ? p->gateway_ports
				      : *host == '\0' || strcmp(host, "*") == 0;
	if (host == NULL || *ret_everybody || strcmp(host, "localhost") == 0)
		return NULL;
	return host;
}

/* Returns a listening socket, or -1 after saying why: loudly only for the last
 * address, as one may stand in the way of another. */
static int
open_tcp(const struct address *a, bool is_last)
{
	enum log_level level = is_last ? LOG_LEVEL_ERROR : LOG_LEVEL_VERBOSE;
	int fd, port = address_port(a);
	char host[NI_MAXHOST];

	if (address_print(a, host, sizeof(host)) != 0) {
		log_error(TCP_FUNCTION ": getnameinfo failed");
		return -1;
	}
	fd = system_socket(a->any.sa_family, SOCK_STREAM);
	if (fd < 0) {
		log_verbose("socket [%s]:%d: %.100s", host, port,
			    strerror(errno));
		return -1;
	}
	set_option(fd, SOL_SOCKET, SO_REUSEADDR);
	if (a->any.sa_family == AF_INET6)
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	log_debug("Local forwarding listening on %s port %d.", host, port);
	if (bind(fd, &a->any, a->len) != 0) {
		log_write(level, "bind [%s]:%d: %.100s", host, port,
			  strerror(errno));
	} else if (listen(fd, BACKLOG) != 0) {
		log_error("listen [%s]:%d: %.100s", host, port,
			  strerror(errno));
	} else {
		return fd;
	}
	close(fd);
	return -1;
}

static int
listen_tcp(struct listener *li, const struct address *addresses, size_t n,
	   struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		int fd = open_tcp(&addresses[i], i + 1 == n);

		if (fd >= 0)
			rc = add_entrance(li, fd, e);
	}
	if (rc == 0 && li->entrances == NULL)
		return err_set(e, ERR_FORWARD,
			       TCP_FUNCTION ": cannot listen to port: %d",
			       li->params.port);
	return rc;
}

/* Remember which file bind() has made. */
static void
remember_file(struct listener *li)
{
	struct stat st;

	if (lstat(li->path, &st) != 0)
		return;
	li->has_file = true;
	li->device = st.st_dev;
	li->inode = st.st_ino;
}

static int
listen_unix(struct listener *li, struct err *e)
{
	const struct listener_params *p = &li->params;
	struct address a;
	mode_t old_mask;
	int fd, rc;

	if (address_from_path(&a, p->path) != 0)
		return err_set(e, ERR_FORWARD,
			       "unix_listener: path \"%s\" too long for Unix "
			       "domain socket",
			       p->path);
	fd = system_socket(AF_UNIX, SOCK_STREAM);
	if (fd < 0)
		return err_set(e, ERR_FORWARD, "unix_listener: socket: %.100s",
			       strerror(errno));
	if (p->bind_unlink && unlink(p->path) != 0 && errno != ENOENT)
		log_error("unlink(%s): %.100s", p->path, strerror(errno));
	old_mask = umask(p->bind_mask);
	rc = bind(fd, &a.any, a.len);
	umask(old_mask);
	if (rc != 0) {
		err_set(e, ERR_FORWARD,
			"unix_listener: cannot bind to path %s: %s", p->path,
			strerror(errno));
		close(fd);
		return -1;
	}
	remember_file(li);
	if (listen(fd, BACKLOG) != 0) {
		err_set(e, ERR_FORWARD,
			"unix_listener: cannot listen on path %s: %s", p->path,
			strerror(errno));
		close(fd);
		return -1;
	}
	log_debug("Local forwarding listening on path %s.", p->path);
	return add_entrance(li, fd, e);
}

/* Listen for everybody, or for this machine: nobody is asked for these. */
static int
listen_by_rule(struct listener *li, bool everybody, struct err *e)
{
	const struct addrinfo hints = {
		.ai_family = li->params.family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = everybody ? AI_PASSIVE : 0,
	};
	struct addrinfo *found = NULL;
	struct address addresses[8];
	char port[16];
	size_t n = 0;
	int rc;

	snprintf(port, sizeof(port), "%d", li->params.port);
	rc = getaddrinfo(NULL, port, &hints, &found);
	if (rc != 0)
		return err_set(e, ERR_FORWARD,
			       TCP_FUNCTION ": getaddrinfo(): %s",
			       resolve_text(rc));
	for (struct addrinfo *ai = found; ai != NULL && n < 8; ai = ai->ai_next)
		if (address_from_system(&addresses[n], ai->ai_addr,
					ai->ai_addrlen) == 0)
			n++;
	freeaddrinfo(found);
	return listen_tcp(li, addresses, n, e);
}

/* Listen at the addresses of a name. */
static enum step
listen_by_name(struct listener *li, const char *host, struct err *e)
{
	const struct resolve_params rp = {
		.host = host,
		.port = li->params.port,
		.family = li->params.family,
		.may_wait = true,
	};
	const struct address *addresses;
	enum step step;
	size_t n;

	if (li->resolve == NULL)
		li->resolve = resolve_new(li->loop, &rp, li->params.wake,
					  li->params.wake_arg);
	step = resolve_step(li->resolve, &addresses, &n, e);
	if (step == STEP_FAIL)
		err_wrap(e, TCP_FUNCTION ": getaddrinfo(%.64s)", host);
	if (step == STEP_DONE && listen_tcp(li, addresses, n, e) != 0)
		step = STEP_FAIL;
	return step;
}

static enum step
begin(struct listener *li, struct err *e)
{
	int count = take_inherited(li, e);
	const char *host;
	bool everybody;

	if (count != 0)
		return count < 0 ? STEP_FAIL : STEP_DONE;
	if (li->path != NULL)
		return listen_unix(li, e) != 0 ? STEP_FAIL : STEP_DONE;
	host = bind_host(&li->params, &everybody);
	if (host != NULL)
		return listen_by_name(li, host, e);
	return listen_by_rule(li, everybody, e) != 0 ? STEP_FAIL : STEP_DONE;
}

enum step
listener_step(struct listener *li, struct err *e)
{
	enum step step;

	if (li->is_listening)
		return STEP_DONE;
	step = begin(li, e);
	if (step == STEP_FAIL)
		e->kind = ERR_FORWARD;
	if (step != STEP_DONE)
		return step;
	li->is_listening = true;
	watch(li);
	return STEP_DONE;
}

struct listener *
listener_new(struct loop *l, const struct listener_params *p)
{
	struct listener *li = xcalloc(1, sizeof(*li));

	li->loop = l;
	li->params = *p;
	li->params.host = li->host = xstrdup_any(p->host);
	li->params.path = li->path = xstrdup_any(p->path);
	li->tail = &li->entrances;
	li->pause = loop_timer_new(l, on_pause_over, li);
	return li;
}

void
listener_hold(struct listener *li, bool on)
{
	li->is_held = on;
	watch(li);
}

/* Remove our socket's file, but not one that replaced it. */
static void
remove_path(const struct listener *li)
{
	struct stat st;

	if (li->has_file && lstat(li->path, &st) == 0 &&
	    st.st_dev == li->device && st.st_ino == li->inode)
		unlink(li->path);
}

void
listener_free(struct listener *li)
{
	struct entrance *en, *next;

	if (li == NULL)
		return;
	remove_path(li);
	for (en = li->entrances; en != NULL; en = next) {
		next = en->next;
		loop_io_free(en->io);
		close(en->fd);
		free(en);
	}
	loop_timer_free(li->pause);
	resolve_free(li->resolve);
	free(li->host);
	free(li->path);
	free(li);
}
