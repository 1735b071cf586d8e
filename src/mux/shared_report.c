#include "mux/shared_report.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "client/guests.h"
#include "conf/conf.h"
#include "keys/key.h"
#include "net/stream.h"
#include "ssh/session.h"

static void
add_visible(struct buf *out, const char *name, const char *value)
{
	char *shown = str_visible_line(value, strlen(value));

	buf_addf(out, "  %s %s\n", name, shown);
	free(shown);
}

static void
add_host_key(const struct client_ground *g, struct buf *out)
{
	struct err e = { .kind = ERR_NONE };
	size_t len;
	const void *blob = session_host_key(g->session, &len);
	struct key *key = key_from_blob(blob, len, &e);
	char *fingerprint;

	if (key == NULL)
		return;
	fingerprint =
	    key_fingerprint(key, (enum key_hash)g->conf->fingerprint_hash);
	buf_addf(out, "  hostkey %s %s\n", key_type_name(key), fingerprint);
	free(fingerprint);
	key_free(key);
}

void
shared_report_connection(const struct client_ground *g, struct buf *out)
{
	static const struct {
		enum session_method method;
		const char *name;
	} methods[] = {
		{ SESSION_KEX, "kexalgorithm" },
		{ SESSION_HOST_KEY, "hostkeyalgorithm" },
		{ SESSION_CIPHER, "cipher" },
		{ SESSION_MAC, "mac" },
		{ SESSION_COMPRESSION, "compression" },
	};
	const struct session *s = g->session;
	const struct stream *stream = session_stream(s);

	buf_addf(out,
		 "Connection information:\n"
		 "  peer %s@%s [%s]:%d\n",
		 g->conf->user, g->host, stream_peer_address(stream),
		 stream_peer_port(stream));
	add_visible(out, "server", session_server_identification(s));
	add_host_key(g, out);
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		const char *name = session_method_name(s, methods[i].method);

		/* some ciphers need no MAC */
		if (*name != '\0')
			add_visible(out, methods[i].name, name);
	}
	if (g->login_text != NULL)
		add_visible(out, "authenticated with", g->login_text);
	buf_addf(out, "  traffic %llu bytes out, %llu bytes in\n",
		 (unsigned long long)stream_bytes_out(stream),
		 (unsigned long long)stream_bytes_in(stream));
}
