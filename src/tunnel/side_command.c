#include "tunnel/side_command.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/xalloc.h"
#include "net/loop.h"
#include "ssh/channel.h"

#define WINDOW_BYTES ((uint32_t)64 * 1024)
/* What may be printed: our line, and greetings of the login shell's. */
#define OUTPUT_MAX ((size_t)16 * 1024)

struct side_command {
	void (*wake)(void *arg);
	void *arg;
	struct channel *channel;
	struct loop_timer *timer;
	bool is_late, has_said_eof;
	struct buf output;
};

static void
on_late(void *arg)
{
	struct side_command *s = arg;

	s->is_late = true;
	s->wake(s->arg);
}

struct side_command *
side_command_new(const struct side_command_params *p)
{
	struct side_command *s = xcalloc(1, sizeof(*s));

	s->wake = p->wake;
	s->arg = p->arg;
	s->channel = channel_open_session(p->session, WINDOW_BYTES);
	channel_request_start(s->channel, "exec", p->command);
	s->timer = loop_timer_new(p->loop, on_late, s);
	loop_timer_set(s->timer, p->patience_ms);
	s->wake(s->arg); /* an engine may send in turns only */
	return s;
}

void
side_command_free(struct side_command *s)
{
	if (s == NULL)
		return;
	channel_free(s->channel);
	loop_timer_free(s->timer);
	buf_clear(&s->output);
	free(s);
}

/* Of errors nothing is kept, and of what is too long no more. */
static void
read_stream(struct side_command *s, enum channel_stream stream)
{
	const unsigned char *data;
	ssize_t n;

	while ((n = channel_peek(s->channel, stream, &data)) > 0) {
		if (stream == CHANNEL_STDOUT && s->output.len <= OUTPUT_MAX)
			buf_add(&s->output, data, (size_t)n);
		channel_consume(s->channel, stream, (size_t)n);
	}
}

enum step
side_command_step(struct side_command *s, const struct buf **ret_output,
		  struct err *e)
{
	enum step step;

	step = channel_open_step(s->channel, e);
	if (step == STEP_DONE)
		step = channel_start_step(s->channel, e);
	if (step == STEP_DONE) {
		if (!s->has_said_eof)
			channel_send_eof(s->channel);
		s->has_said_eof = true;
		read_stream(s, CHANNEL_STDOUT);
		read_stream(s, CHANNEL_STDERR);
		if (!channel_is_eof(s->channel))
			step = STEP_AGAIN;
	}
	if (step == STEP_AGAIN && s->is_late) {
		err_set(e, ERR_TIMEOUT, "a command there takes too long");
		return STEP_FAIL;
	}
	if (step == STEP_DONE && s->output.len > OUTPUT_MAX) {
		err_set(e, ERR_CHANNEL, "a command there says too much");
		return STEP_FAIL;
	}
	*ret_output = &s->output;
	return step;
}
