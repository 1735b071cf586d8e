/* The last stage: move bytes until the remote side is done, and say how it
 * ended. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "client/agent_request.h"
#include "client/alive.h"
#include "client/host_key_update.h"
#include "client/interactive.h"
#include "client/internal.h"
#include "client/x11_request.h"
#include "conf/conf.h"
#include "forward/forwards.h"
#include "forward/stdio.h"
#include "net/loop.h"
#include "net/stream.h"
#include "ssh/channel.h"
#include "ssh/session.h"

/* How long to wait for a server that has nothing left to say but good-bye. */
#define LAST_WORDS_MS 5000

/* What becomes of the connection's end before or during a session. */
enum step
client_lost(struct client *c, struct err *e)
{
	switch (session_ended(c->session)) {
	case SESSION_ALIVE:
	case SESSION_DISCONNECTED:
	case SESSION_CORRUPT:
	case SESSION_KEY_CHANGED:
		session_explain(c->session, e);
		break;
	case SESSION_CLOSED:
		err_set(e, ERR_LOST, "Connection to %s closed by remote host.",
			c->host);
		break;
	case SESSION_BROKEN:
		err_set(e, ERR_LOST, "Read from remote host %s: %s", c->host,
			strerror(session_errno(c->session)));
		break;
	}
	return STEP_FAIL;
}

/* The name of a signal on the wire (RFC 4254 section 6.10). */
static const char *
signal_name(int signo)
{
	switch (signo) {
	case SIGHUP:
		return "HUP";
	case SIGINT:
		return "INT";
	case SIGQUIT:
		return "QUIT";
	default:
		return "TERM";
	}
}

/* A signal ends us as it ends ssh; the remote process gets it too. */
static enum step
end_by_signal(struct client *c)
{
	if (c->channel != NULL) {
		channel_send_signal(c->channel, signal_name(c->signo));
		session_poll_requests(c->session);
	}
	session_disconnect(c->session);
	c->status = 255;
	if (c->conf->session_type == CONF_SESSION_NONE && c->signo == SIGTERM)
		c->status = 0; /* a deliberate end of forwards, as in ssh */
	else
		log_verbose("Killed by signal %d.", c->signo);
	return STEP_DONE;
}

static void
log_transfer(const struct client *c)
{
	const struct stream *stream = session_stream(c->session);

	log_verbose("Transferred: sent %llu, received %llu bytes",
		    (unsigned long long)stream_bytes_out(stream),
		    (unsigned long long)stream_bytes_in(stream));
}

/* The channel is closed and everything was delivered. */
static enum step
end_normally(struct client *c, struct err *e)
{
	const char *name, *message;
	char *shown_name, *shown_message;
	enum step step = STEP_DONE;

	c->has_finished = true;
	session_disconnect(c->session);
	log_transfer(c);
	switch (channel_exit(c->channel, &c->status, &name, &message)) {
	case CHANNEL_EXIT_STATUS:
		log_debug("Exit status %d", c->status);
		break;
	case CHANNEL_EXIT_NONE:
		log_debug("Exit status -1");
		c->status = c->conf->stdio_forward != NULL ? 0 : 255;
		break;
	case CHANNEL_EXIT_SIGNAL:
		/* that our reader left is why, and the user's own doing */
		if (stdio_lost_reader(c->stdio)) {
			c->status = 255;
			break;
		}
		shown_name = str_visible_line(name, strlen(name));
		shown_message = str_visible_line(message, strlen(message));
		err_set(e, ERR_REMOTE_SIGNAL,
			"The remote command was killed by signal %s%s%s.",
			shown_name, *message != '\0' ? ": " : "",
			shown_message);
		free(shown_name);
		free(shown_message);
		step = STEP_FAIL;
		break;
	}
	return step;
}

/* The server has left while connections outlived the session: as in ssh that is
 * told, and the session's status is what it was. */
static enum step
end_cut_off(struct client *c, struct err *e)
{
	client_lost(c, e);
	log_error("%s", e->text);
	e->kind = ERR_NONE;
	return end_normally(c, e);
}

/* The user typed "~.". */
static enum step
end_by_escape(struct client *c)
{
	session_disconnect(c->session);
	c->status = 255;
	return STEP_DONE;
}

/* As in ssh, connections that are still open outlive the session; and host keys
 * that have begun to change are changed. */
static bool
is_waiting_for_forwards(struct client *c)
{
	if (c->interactive != NULL)
		interactive_end(c->interactive, false);
	return host_key_update_is_busy(c->host_key_update) ||
	       forwards_open(c->forwards) +
		       agent_request_open(c->agent_request) +
		       x11_request_open(c->x11_request) >
		   0;
}

/* Have we closed the channel, or has the remote command ended and was all of
 * its output written? Then CLOSE is all that can come. */
static bool
is_all_said(const struct client *c, bool is_drained)
{
	const char *name, *message;
	int status;

	if (stdio_has_closed(c->stdio))
		return true;
	return is_drained && (c->conf->stdio_forward != NULL ||
			      channel_exit(c->channel, &status, &name,
					   &message) != CHANNEL_EXIT_NONE);
}

/* Is the session over? A server that does not say so is not waited for
 * for ever. */
static bool
is_session_over(struct client *c, bool is_drained)
{
	if (c->channel == NULL)
		return false;
	if (is_drained && channel_is_closed(c->channel))
		return true;
	if (c->deadline == NULL && is_all_said(c, is_drained))
		client_set_deadline(c, LAST_WORDS_MS);
	return c->is_late;
}

static enum step
relay(struct client *c, struct err *e)
{
	bool is_drained = true, is_over;

	if (forwards_step(c->forwards))
		client_wake(c);
	if (agent_request_step(c->agent_request))
		client_wake(c);
	if (x11_request_step(c->x11_request))
		client_wake(c);
	host_key_update_step(c->host_key_update);
	if (c->stdio != NULL) {
		if (stdio_step(c->stdio))
			client_wake(c);
		is_drained = stdio_is_drained(c->stdio);
		/* -W ends with its target, whatever our input does, as in ssh
		 */
		if (is_drained && c->conf->stdio_forward != NULL) {
			stdio_stop_input(c->stdio);
			channel_close(c->channel);
		}
	}
	if (c->signo != 0)
		return end_by_signal(c);
	if (interactive_is_over(c->interactive))
		return end_by_escape(c);
	if (session_ended(c->session) == SESSION_CORRUPT && is_drained)
		return client_lost(c, e);
	is_over = is_session_over(c, is_drained);
	if (is_over && !is_waiting_for_forwards(c))
		return end_normally(c, e);
	if (session_ended(c->session) != SESSION_ALIVE) {
		if (is_over)
			return end_cut_off(c, e);
		return is_drained ? client_lost(c, e) : STEP_AGAIN;
	}
	return alive_step(c->alive, e);
}

/* For a person at a terminal: since when was there silence? */
static void
add_silence(struct client *c, struct err *e)
{
	int64_t silent_ms =
	    loop_now_ms() - stream_heard_ms(session_stream(c->session));
	size_t used = strlen(e->text);

	if (silent_ms >= 1000)
		snprintf(e->text + used, sizeof(e->text) - used,
			 " (nothing was heard for %lld s)",
			 (long long)silent_ms / 1000);
}

/* As ssh, which then says what it says after every session. */
static void
tell_loss(struct client *c, struct err *e)
{
	size_t used;

	add_silence(c, e);
	used = strlen(e->text);
	if (e->kind != ERR_LOST)
		return;
	e->kind = ERR_ENDED;
	snprintf(e->text + used, sizeof(e->text) - used,
		 "\nConnection to %s closed.", c->host);
}

enum step
client_relay(struct client *c, struct err *e)
{
	enum step step = relay(c, e);

	if (step == STEP_AGAIN || c->interactive == NULL)
		return step;
	interactive_end(c->interactive, !c->has_finished);
	if (step == STEP_FAIL && !c->has_finished)
		tell_loss(c, e);
	else if (c->signo == 0)
		log_info("Connection to %s closed.", c->host);
	return step;
}
