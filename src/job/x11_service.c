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
	struct channel *channel;
	struct x11_cookie *shared; /* of job_params */
	struct xauth *xauth;       /* until it has the cookie */
	struct x11_params params;  /* until there is x11 */
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

/* The display that the user has, or NULL; says why not. */
static const char *
find_display(void)
{
	const char *display = getenv("DISPLAY");

	if (display == NULL || *display == '\0') {
		log_debug("X11 forwarding requested but DISPLAY not set");
		return NULL;
	}
	if (!x11_display_is_valid(display)) {
		log_info("DISPLAY \"%s\" invalid; disabling X11 forwarding",
			 display);
		return NULL;
	}
	return display;
}

static void
ask_xauth(struct x11_access *x, const struct job_params *job,
	  const char *display)
{
	const struct xauth_params p = {
		.program = job->conf->xauth_location,
		.display = display,
		.is_trusted = job->conf->forward_x11_trusted,
		.timeout_s = (unsigned int)job->conf->forward_x11_timeout,
	};

	x->xauth = xauth_new(job->loop, &p, job->wake, job->arg);
}

static void *
begin_service(const struct job_params *job, struct channel *c)
{
	const struct conf *o = job->conf;
	struct err e = { .kind = ERR_NONE };
	const char *display;
	struct x11_access *x;

	if (!o->forward_x11 || job->is_untrusted)
		return NULL;
	display = find_display();
	if (display == NULL)
		return NULL;
	x = xcalloc(1, sizeof(*x));
	x->channel = c;
	x->shared = job->x11_cookie;
	x->params = (struct x11_params){
		.loop = job->loop,
		.session = job->session,
		.family = o->address_family,
		.idle = job->idle,
		.refuse_from_ms = refuse_from_ms(o),
		.wake = job->wake,
		.arg = job->arg,
	};
	if (x11_display_parse(display, &x->params.display, &e) != 0) {
		log_error("%s", e.text);
		free(x);
		return NULL;
	}
	ask_xauth(x, job, display);
	return x;
}

/* All jobs have the first one's. */
static void
share_cookie(struct x11_access *x)
{
	struct x11_cookie *own = &x->params.cookie;

	if (x->shared == NULL)
		return;
	if (x->shared->protocol == NULL) {
		x11_cookie_copy(x->shared, own);
		return;
	}
	x11_cookie_clear(own);
	x11_cookie_copy(own, x->shared);
}

/* Once there is a cookie. */
static enum step
ready_service(void *s)
{
	struct x11_access *x = s;
	struct err e = { .kind = ERR_NONE };
	enum step step = xauth_step(x->xauth, &x->params.cookie, &e);

	if (step == STEP_FAIL)
		log_error("%s", e.text);
	if (step != STEP_DONE)
		return step;
	xauth_free(x->xauth);
	x->xauth = NULL;
	share_cookie(x);
	request(x->channel, &x->params);
	x->x11 = x11_new(&x->params);
	return STEP_DONE;
}

static void
free_service(void *s)
{
	struct x11_access *x = s;

	xauth_free(x->xauth);
	if (x->x11 == NULL)
		x11_display_clear(&x->params.display);
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
	.ready = ready_service,
	.step = step_service,
	.connections = count_connections,
	.free = free_service,
};
