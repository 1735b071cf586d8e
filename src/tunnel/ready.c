#include "tunnel/ready.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "client/client.h"
#include "conf/conf.h"
#include "forward/forward_json.h"
#include "tunnel/sink.h"

struct ready {
	struct sink *sink;
	char name[16];    /* of the descriptor */
	bool owns_output; /* it is our standard output, and nobody else's */
	bool is_over;
};

struct ready *
ready_new(struct loop *l, const struct conf *conf, struct err *e)
{
	struct ready *r = xcalloc(1, sizeof(*r));

	snprintf(r->name, sizeof(r->name), "%d", conf->ready_fd);
	r->owns_output = conf->ready_fd == STDOUT_FILENO &&
			 conf->session_type == CONF_SESSION_NONE &&
			 conf->stdio_forward == NULL;
	r->sink = sink_new(l, "ReadyFd", r->name, conf->ready_fd, e);
	if (r->sink != NULL)
		return r;
	ready_free(r);
	return NULL;
}

void
ready_free(struct ready *r)
{
	if (r == NULL)
		return;
	sink_free(r->sink);
	free(r);
}

/* A standard descriptor is never closed, or the next file would get it. */
static void
let_go_of_output(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0)
		return;
	dup2(null, STDOUT_FILENO);
	close(null);
}

void
ready_give_up(struct ready *r)
{
	if (r->is_over)
		return;
	r->is_over = true;
	sink_finish(r->sink);
	if (r->owns_output)
		let_go_of_output();
}

void
ready_tell(struct ready *r, const struct client_facts *facts)
{
	struct buf line = BUF_INIT;
	struct json j = json_begin(&line);

	if (r->is_over)
		return;
	json_open_object(&j, NULL);
	json_add_bool(&j, "ready", true);
	forward_json_list(&j, "forwards", facts->forwards);
	json_close_object(&j);
	buf_add_byte(&line, '\n');
	sink_add(r->sink, &line);
	buf_clear(&line);
	ready_give_up(r);
}
