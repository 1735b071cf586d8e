/*
 * agent_serve - the agent protocol as an agent sees it: requests in, answers
 * out. What a client needs is in agent_wire.h.
 */
#ifndef KEYS_AGENT_SERVE_H
#define KEYS_AGENT_SERVE_H

#include <stddef.h>
#include <stdint.h>

#include "base/wire.h"

struct agent_keys;
struct buf;

enum agent_request_kind {
	AGENT_REQUEST_OTHER, /* or a damaged one */
	AGENT_REQUEST_LIST,
	AGENT_REQUEST_SIGN,
	AGENT_REQUEST_LOG_IN, /* to a token, with a PIN */
};

struct agent_request {
	enum agent_request_kind kind;
	struct wire key, data; /* to sign */
	uint32_t flags;
	struct wire token, pin; /* to log in */
};

/* Parse a whole message; what is in ret is borrowed from it. */
void agent_get_request(const void *data, size_t len, struct agent_request *ret);

/* Append an answer; to refuse is agent_put_failure()'s. */
void agent_put_success(struct buf *out);
void agent_put_keys(struct buf *out, const struct agent_keys *keys);
void agent_put_signature(struct buf *out, const struct buf *sig);

#endif
