/* X11 forwarding as the user wants it: which display, trusted or not, and for
 * how long. */
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "forward/x11.h"
#include "forward/xauth.h"
#include "job/job.h"
#include "job/service.h"
#include "net/loop.h"
#include "ssh/incoming.h"

struct x11_access {
	const struct channel *channel;
	struct x11 *x11;
	bool was_told; /* that the server refused */
};

/* From when on an untrusted display is served no more. */
static int64_t
refuse_from_ms(const struct conf *o)
{
	if (o->forward_x11_trusted || o->forward_x11_timeout == 0)
		return 0;
	return loop_now_ms() + ((int64_t)o->forward_x11_timeout + 1) * 1000;
}

/* Fill in display and cookie; says what is missing. */
static bool
prepare(const struct conf *o, const char *display, struct x11_params *p)
{
	const struct xauth_params xauth = {
		.program = o->xauth_location,
		.display = display,
		.is_trusted = o->forward_x11_trusted,
		.timeout_s = (unsigned int)o->forward_x11_timeout,
	};
	struct err e = { .kind = ERR_NONE };

	if (x11_display_parse(display, &p->display, &e) != 0) {
		log_error("%s", e.text);
		return false;
	}
	p->refuse_from_ms = refuse_from_ms(o);
	if (xauth_get(&xauth, &p->cookie, &e) == 0)
		return true;
	log_error("%s", e.text);
	x11_display_clear(&p->display);
	return false;
}

static void
request(struct channel *c, const struct x11_params *p)
{
	char *fake = x11_cookie_fake(&p->cookie);
	const struct channel_x11 request = {
		.protocol = p->cookie.protocol,
		.cookie = fake,
		.screen = (int)p->display.screen,
	};

	log_debug("Requesting X11 forwarding with authentication spoofing.");
	channel_request_x11(c, &request);
	free(fake);
}

static void *
begin_service(const struct job_params *job, struct channel *c)
{
	const struct conf *o = job->conf;
	struct x11_params p = {
		.loop = job->loop,
		.session = job->session,
		.family = o->address_family,
		.wake = job->wake,
		.arg = job->arg,
	};
	const char *display = getenv("DISPLAY");
	struct x11_access *x;

	if (!o->forward_x11 || job->is_untrusted)
		return NULL;
	if (display == NULL || *display == '\0') {
		log_debug("X11 forwarding requested but DISPLAY not set");
		return NULL;
	}
	if (!x11_display_is_valid(display)) {
		log_info("DISPLAY \"%s\" invalid; disabling X11 forwarding",
			 display);
		return NULL;
	}
	if (!prepare(o, display, &p))
		return NULL;
	request(c, &p);
	x = xcalloc(1, sizeof(*x));
	x->channel = c;
	x->x11 = x11_new(&p);
	return x;
}

static void
free_service(void *s)
{
	struct x11_access *x = s;

	x11_free(x->x11);
	free(x);
}

static bool
step_service(void *s)
{
	struct x11_access *x = s;

	if (!x->was_told && channel_x11_step(x->channel) == STEP_FAIL) {
		x->was_told = true;
		log_error("X11 forwarding request failed on channel 0");
	}
	return x11_step(x->x11);
}

static size_t
count_connections(const void *s)
{
	return x11_open(((const struct x11_access *)s)->x11);
}

const struct service x11_service = {
	.begin = begin_service,
	.step = step_service,
	.connections = count_connections,
	.free = free_service,
};
