#include "client/x11_request.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "client/internal.h"
#include "conf/conf.h"
#include "forward/x11.h"
#include "forward/xauth.h"
#include "net/loop.h"
#include "ssh/incoming.h"

struct x11_request {
	struct client *client;
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
prepare(const struct client *c, const char *display, struct x11_params *p)
{
	const struct conf *o = c->conf;
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
request(const struct client *c, const struct x11_params *p)
{
	char *fake = x11_cookie_fake(&p->cookie);
	const struct channel_x11 request = {
		.protocol = p->cookie.protocol,
		.cookie = fake,
		.screen = (int)p->display.screen,
	};

	log_debug("Requesting X11 forwarding with authentication spoofing.");
	channel_request_x11(c->channel, &request);
	free(fake);
}

struct x11_request *
x11_request_new(struct client *c)
{
	struct x11_params p = {
		.loop = c->loop,
		.session = c->session,
		.family = c->conf->address_family,
		.wake = client_wake,
		.arg = c,
	};
	const char *display = getenv("DISPLAY");
	struct x11_request *r;

	if (!c->conf->forward_x11 || c->is_untrusted)
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
	if (!prepare(c, display, &p))
		return NULL;
	request(c, &p);
	r = xcalloc(1, sizeof(*r));
	r->client = c;
	r->x11 = x11_new(&p);
	return r;
}

void
x11_request_free(struct x11_request *r)
{
	if (r == NULL)
		return;
	x11_free(r->x11);
	free(r);
}

bool
x11_request_step(struct x11_request *r)
{
	if (r == NULL)
		return false;
	if (!r->was_told && channel_x11_step(r->client->channel) == STEP_FAIL) {
		r->was_told = true;
		log_error("X11 forwarding request failed on channel 0");
	}
	return x11_step(r->x11);
}

size_t
x11_request_open(const struct x11_request *r)
{
	return r != NULL ? x11_open(r->x11) : 0;
}
