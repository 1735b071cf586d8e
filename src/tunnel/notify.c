#include "tunnel/notify.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/manager.h"
#include "base/system.h"
#include "base/xalloc.h"
#include "net/address.h"
#include "net/loop.h"
#include "tunnel/state.h"

#define RETRY_MS 200

struct notify {
	struct address address;
	int fd;
	struct buf message;       /* the last one */
	struct loop_timer *retry; /* until it is sent again */
	struct loop_timer *beat;  /* until the next sign of life; or NULL */
	int64_t beat_ms;
};

/* '@' stands for the NUL that an abstract name begins with. */
static bool
set_address(struct notify *n, const char *place)
{
	int rc = -1;

	if (place[0] == '/' && place[1] != '\0')
		rc = address_from_path(&n->address, place);
	else if (place[0] == '@' && place[1] != '\0')
		rc = address_from_abstract(&n->address, place + 1);
	if (rc != 0)
		log_debug("NOTIFY_SOCKET is not a socket: %s", place);
	return rc == 0;
}

/* Returns 0 or an errno. */
static int
put(const struct notify *n, const void *data, size_t len)
{
	ssize_t rc;

	do
		rc = sendto(n->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL,
			    &n->address.any, n->address.len);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? errno : 0;
}

static void
send_message(void *arg)
{
	struct notify *n = arg;
	int why = put(n, n->message.data, n->message.len);

	if (why == EAGAIN || why == ENOBUFS)
		loop_timer_set(n->retry, RETRY_MS);
	else if (why != 0)
		log_debug("NOTIFY_SOCKET: %s", strerror(why));
}

static void
beat(void *arg)
{
	static const char text[] = "WATCHDOG=1";
	struct notify *n = arg;

	(void)put(n, text, strlen(text));
	loop_timer_set(n->beat, n->beat_ms);
}

static void
start_beating(struct notify *n, struct loop *l, int64_t limit_us)
{
	if (limit_us == 0)
		return;
	n->beat_ms = limit_us / 2000;
	if (n->beat_ms == 0)
		n->beat_ms = 1;
	n->beat = loop_timer_new(l, beat, n);
	beat(n);
}

struct notify *
notify_new(struct loop *l, const struct manager *m)
{
	struct notify *n;

	if (m->socket == NULL)
		return NULL;
	n = xcalloc(1, sizeof(*n));
	n->fd = system_socket(AF_UNIX, SOCK_DGRAM);
	if (n->fd < 0 || !set_address(n, m->socket)) {
		notify_free(n);
		return NULL;
	}
	n->retry = loop_timer_new(l, send_message, n);
	start_beating(n, l, m->watchdog_us);
	return n;
}

void
notify_free(struct notify *n)
{
	if (n == NULL)
		return;
	if (n->fd >= 0)
		close(n->fd);
	loop_timer_free(n->retry);
	loop_timer_free(n->beat);
	buf_clear(&n->message);
	free(n);
}

static void
add_reloading(struct buf *out)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	buf_addf(out, "RELOADING=1\nMONOTONIC_USEC=%lld\n",
		 (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000);
}

void
notify_tell(struct notify *n, const struct state *s, const char *text)
{
	buf_reset(&n->message);
	/* as who starts us with -f does not know it */
	if (s->phase == STATE_READY)
		buf_addf(&n->message, "READY=1\nMAINPID=%ld\n", (long)getpid());
	else if (s->phase == STATE_ENDED)
		buf_add_str(&n->message, "STOPPING=1\n");
	else if (s->was_ready && s->phase != STATE_SILENT)
		add_reloading(&n->message);
	buf_addf(&n->message, "STATUS=%s", text);
	loop_timer_set(n->retry, -1);
	send_message(n);
}
