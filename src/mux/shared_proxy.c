#include "mux/shared_proxy.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "mux/mailbox.h"
#include "ssh/proxy.h"

/* Then others have their turn. */
#define READS_AT_ONCE 4

struct shared_proxy {
	struct session_proxy *session;
	struct mailbox *mail;
};

struct shared_proxy *
shared_proxy_new(struct session *s, struct mailbox *mail)
{
	struct shared_proxy *p = xcalloc(1, sizeof(*p));

	p->session = session_proxy_new(s);
	p->mail = mail;
	return p;
}

void
shared_proxy_free(struct shared_proxy *p)
{
	if (p == NULL)
		return;
	session_proxy_free(p->session);
	free(p);
}

/* STEP_AGAIN: it has said no more, or is not listened to now. */
static enum step
hear(struct shared_proxy *p)
{
	size_t len, n;
	unsigned char *room = session_proxy_room(p->session, &len);
	enum step step;

	if (room == NULL)
		return STEP_AGAIN;
	step = mailbox_receive(p->mail, room, len, &n);
	if (step == STEP_DONE)
		session_proxy_filled(p->session, n);
	return step;
}

enum step
shared_proxy_step(struct shared_proxy *p, struct err *e)
{
	enum step step = STEP_DONE;

	for (int i = 0; i < READS_AT_ONCE && step == STEP_DONE; i++) {
		if (session_proxy_step(p->session, e) == STEP_FAIL)
			return STEP_FAIL;
		if (mailbox_send(p->mail, session_proxy_queue(p->session)) != 0)
			return STEP_FAIL;
		step = hear(p);
	}
	return step;
}

size_t
shared_proxy_channels(const struct shared_proxy *p)
{
	return session_proxy_channels(p->session);
}
