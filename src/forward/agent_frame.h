/*
 * agent_frame - the messages of the agent protocol
 * (draft-ietf-sshm-ssh-agent) as pieces of a stream: where one ends, and
 * whether it asks for a signature. Pure.
 *
 * This is all that passing them on needs to know; what they mean is auth/'s.
 */
#ifndef FORWARD_AGENT_FRAME_H
#define FORWARD_AGENT_FRAME_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* The longest message without its length, as in ssh-agent(1). */
#define AGENT_FRAME_MAX ((size_t)256 * 1024)

/*
 * The length, its own four bytes included, of the message at the front of the
 * bytes; 0 if more is needed to have it whole, -1 if it is empty or longer
 * than AGENT_FRAME_MAX.
 */
long agent_frame_len(const void *data, size_t len);

/*
 * Does a whole message ask for a signature? Then *ret_key is the key's blob,
 * borrowed; it is empty if the message is malformed.
 */
bool agent_frame_is_sign(const void *data, size_t len,
			 const unsigned char **ret_key, size_t *ret_key_len);

/* Append the answer that a refusing agent gives. */
void agent_frame_put_failure(struct buf *out);

#endif
