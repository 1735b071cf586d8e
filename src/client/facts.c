/* What is known of a client's connection, for those who tell of it. */
#include "client/client.h"
#include "client/internal.h"
#include "conf/conf.h"
#include "connect/connection.h"
#include "job/job.h"
#include "net/stream.h"
#include "ssh/channel.h"
#include "ssh/session.h"

/* How has the remote command ended? */
static void
add_end(const struct client *c, struct client_facts *ret_facts)
{
	const struct channel *channel =
	    c->job != NULL ? job_channel(c->job) : NULL;
	const char *signal, *message;
	int status;

	if (channel == NULL)
		return;
	switch (channel_exit(channel, &status, &signal, &message)) {
	case CHANNEL_EXIT_STATUS:
		ret_facts->has_status = true;
		ret_facts->remote_status = status;
		break;
	case CHANNEL_EXIT_SIGNAL:
		ret_facts->remote_signal = signal;
		break;
	case CHANNEL_EXIT_NONE:
		break;
	}
}

void
client_facts(const struct client *c, struct client_facts *ret_facts)
{
	const struct session *s = client_session(c);

	*ret_facts = (struct client_facts){
		.name = c->conf->host,
		.host = c->conf->host_name,
		.user = c->conf->user,
		.port = c->conf->port,
		.forwards = c->forwards,
	};
	if (s == NULL)
		return;
	if (stream_peer_is_known(session_stream(s))) {
		ret_facts->address = stream_peer_address(session_stream(s));
		ret_facts->address_port = stream_peer_port(session_stream(s));
	}
	if (c->n_told >= (int)CONNECTION_VERIFIED)
		ret_facts->host_key = connection_host_key(c->connection);
	ret_facts->is_untrusted = connection_is_untrusted(c->connection);
	ret_facts->login = connection_login_text(c->connection);
	add_end(c, ret_facts);
}
