#include "job/deadline.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "net/loop.h"
#include "ssh/channel.h"

/* After KILL, and after our CLOSE: for last words that are on their way. */
#define LAST_WORDS_MS 1000

/* What the command itself may have left to be sent when its status came: a
 * pipe's and a window's worth, or so. */
#define LEFT_BEHIND ((uint64_t)4 * 1024 * 1024)

/* Of a command that is told. */
#define TOLD_MAX 256

/* So much in one ExitGrace is still that, rather than a daemon's chatting. */
#define FLOWS ((uint64_t)16 * 1024)

enum phase {
	PHASE_RUNNING,
	PHASE_TERM, /* was sent, as was */
	PHASE_KILL,
	PHASE_LEFT, /* ExitGrace: the channel is closed */
	PHASE_OVER,
};

struct deadline {
	struct deadline_params params;
	struct channel *channel; /* of params */
	enum phase phase;
	struct loop_timer *timer; /* CommandTimeout, and what follows */
	struct loop_timer *grace; /* ExitGrace, from the exit on */
	bool is_running;          /* the server has said so */
	bool has_exited;          /* and that is watched */
	bool has_passed;
	uint64_t bytes_at_exit, bytes_at_look;
};

static bool
has_status(const struct deadline *d)
{
	const char *name, *message;
	int status;

	return channel_exit(d->channel, &status, &name, &message) !=
	       CHANNEL_EXIT_NONE;
}

static bool
has_output(const struct deadline *d)
{
	const unsigned char *data;

	return channel_peek(d->channel, CHANNEL_STDOUT, &data) > 0 ||
	       channel_peek(d->channel, CHANNEL_STDERR, &data) > 0;
}

/* Nothing of it is left: who still uses what was forwarded is no command. */
static bool
is_finished(const struct deadline *d)
{
	return has_status(d) && channel_is_closed(d->channel) && !has_output(d);
}

void
deadline_tell(const struct conf *o, const char *command)
{
	char *shown;

	if (command == NULL) {
		log_error("Shell timed out after %d s.", o->command_timeout);
		return;
	}
	shown = str_visible_line(command, strnlen(command, TOLD_MAX));
	log_error("Command timed out after %d s: %s", o->command_timeout,
		  shown);
	free(shown);
}

static void
end(struct deadline *d)
{
	channel_close(d->channel);
	d->phase = PHASE_OVER;
}

/* A step of CommandTimeout. What has ended needs no signal: others keep its
 * output open, or its reader takes too long. What was not even confirmed gets
 * none, either: a server that does not answer would not heed it. */
static void
on_time(void *arg)
{
	struct deadline *d = arg;
	int64_t grace_ms = (int64_t)d->params.conf->command_grace * 1000;

	switch (d->phase) {
	case PHASE_RUNNING:
	case PHASE_LEFT:
		if (is_finished(d))
			break;
		d->has_passed = true;
		deadline_tell(d->params.conf, d->params.command);
		if (has_status(d) || !d->is_running) {
			end(d);
			break;
		}
		channel_send_signal(d->channel, "TERM");
		d->phase = PHASE_TERM;
		loop_timer_set(d->timer, grace_ms);
		break;
	case PHASE_TERM:
		channel_send_signal(d->channel, "KILL");
		d->phase = PHASE_KILL;
		loop_timer_set(d->timer, LAST_WORDS_MS);
		break;
	case PHASE_KILL:
		end(d);
		break;
	case PHASE_OVER:
		break;
	}
	d->params.wake(d->params.arg);
}

/* Is what comes still the command's own? */
static bool
is_delivering(struct deadline *d)
{
	uint64_t now = channel_bytes_in(d->channel);
	uint64_t lately = now - d->bytes_at_look;

	d->bytes_at_look = now;
	return now - d->bytes_at_exit < LEFT_BEHIND &&
	       (lately >= FLOWS || has_output(d));
}

static void
set_grace(struct deadline *d)
{
	loop_timer_set(d->grace, (int64_t)d->params.conf->exit_grace * 1000);
}

static void
leave(struct deadline *d)
{
	log_debug("ExitGrace is over: leaving those who keep the output open");
	channel_close(d->channel);
	d->phase = PHASE_LEFT;
	loop_timer_set(d->grace, LAST_WORDS_MS);
}

/* What has come is waited for, as long as our reader may take. */
static void
on_grace(void *arg)
{
	struct deadline *d = arg;

	if (d->phase == PHASE_RUNNING && is_delivering(d))
		set_grace(d);
	else if (d->phase == PHASE_RUNNING)
		leave(d);
	else if (d->phase == PHASE_LEFT && has_output(d))
		loop_timer_set(d->grace, LAST_WORDS_MS);
	else if (d->phase == PHASE_LEFT)
		end(d);
	d->params.wake(d->params.arg);
}

int64_t
deadline_of(const struct conf *o, const char *command, bool has_terminal)
{
	if (o->command_timeout <= 0 || (command == NULL && has_terminal))
		return -1;
	return (int64_t)o->command_timeout * 1000;
}

struct deadline *
deadline_new(const struct deadline_params *p)
{
	struct deadline *d;
	int64_t time_ms = deadline_of(p->conf, p->command, p->has_terminal);

	if (time_ms < 0 && p->conf->exit_grace < 0)
		return NULL;
	d = xcalloc(1, sizeof(*d));
	d->params = *p;
	d->channel = p->channel;
	d->timer = loop_timer_new(p->loop, on_time, d);
	d->grace = loop_timer_new(p->loop, on_grace, d);
	loop_timer_set(d->timer, time_ms);
	return d;
}

void
deadline_free(struct deadline *d)
{
	if (d == NULL)
		return;
	loop_timer_free(d->timer);
	loop_timer_free(d->grace);
	free(d);
}

void
deadline_confirm(struct deadline *d)
{
	if (d != NULL)
		d->is_running = true;
}

void
deadline_step(struct deadline *d)
{
	if (d == NULL || d->has_exited || d->params.conf->exit_grace < 0 ||
	    !has_status(d))
		return;
	d->has_exited = true;
	d->bytes_at_exit = d->bytes_at_look = channel_bytes_in(d->channel);
	set_grace(d);
}

bool
deadline_is_over(const struct deadline *d)
{
	return d != NULL && d->phase == PHASE_OVER;
}

bool
deadline_has_passed(const struct deadline *d)
{
	return d != NULL && d->has_passed;
}
