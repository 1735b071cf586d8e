#include "ssh/native/message.h"

#include <stddef.h>

#define IN(phase) (1U << (phase))
#define SERVICE (IN(PHASE_CONNECTION) | IN(PHASE_SHARED))
#define ALWAYS (NOT_STRICT | IN(PHASE_STRICT_KEYS))
#define NOT_STRICT                                                             \
	(IN(PHASE_FIRST_KEYS) | IN(PHASE_LOGIN) | IN(PHASE_CONNECTION))

/*
 * What a server may send, and when. DISCONNECT may come even where a strict
 * exchange allows nothing else: it tells why there is none. What only a client
 * sends has a row without a phase.
 */
/* clang-format off */
static const struct row {
	uint8_t type;
	const char *name;
	unsigned int phases;
} rows[] = {
	{ MSG_DISCONNECT, "SSH_MSG_DISCONNECT", ALWAYS | IN(PHASE_SHARED) },
	{ MSG_IGNORE, "SSH_MSG_IGNORE", NOT_STRICT | IN(PHASE_SHARED) },
	{ MSG_UNIMPLEMENTED, "SSH_MSG_UNIMPLEMENTED", NOT_STRICT | IN(PHASE_SHARED) },
	{ MSG_DEBUG, "SSH_MSG_DEBUG", NOT_STRICT | IN(PHASE_SHARED) },
	{ MSG_SERVICE_REQUEST, "SSH_MSG_SERVICE_REQUEST", 0 },
	{ MSG_SERVICE_ACCEPT, "SSH_MSG_SERVICE_ACCEPT", IN(PHASE_LOGIN) },
	{ MSG_EXT_INFO, "SSH_MSG_EXT_INFO", IN(PHASE_LOGIN) },
	{ MSG_KEXINIT, "SSH_MSG_KEXINIT", ALWAYS },
	{ MSG_NEWKEYS, "SSH_MSG_NEWKEYS", ALWAYS },
	{ MSG_USERAUTH_REQUEST, "SSH_MSG_USERAUTH_REQUEST", 0 },
	{ MSG_USERAUTH_FAILURE, "SSH_MSG_USERAUTH_FAILURE", IN(PHASE_LOGIN) },
	{ MSG_USERAUTH_SUCCESS, "SSH_MSG_USERAUTH_SUCCESS", IN(PHASE_LOGIN) },
	{ MSG_USERAUTH_BANNER, "SSH_MSG_USERAUTH_BANNER", IN(PHASE_LOGIN) },
	{ MSG_GLOBAL_REQUEST, "SSH_MSG_GLOBAL_REQUEST", SERVICE },
	{ MSG_REQUEST_SUCCESS, "SSH_MSG_REQUEST_SUCCESS", SERVICE },
	{ MSG_REQUEST_FAILURE, "SSH_MSG_REQUEST_FAILURE", SERVICE },
	{ MSG_CHANNEL_OPEN, "SSH_MSG_CHANNEL_OPEN", SERVICE },
	{ MSG_CHANNEL_OPEN_CONFIRMATION, "SSH_MSG_CHANNEL_OPEN_CONFIRMATION", SERVICE },
	{ MSG_CHANNEL_OPEN_FAILURE, "SSH_MSG_CHANNEL_OPEN_FAILURE", SERVICE },
	{ MSG_CHANNEL_WINDOW_ADJUST, "SSH_MSG_CHANNEL_WINDOW_ADJUST", SERVICE },
	{ MSG_CHANNEL_DATA, "SSH_MSG_CHANNEL_DATA", SERVICE },
	{ MSG_CHANNEL_EXTENDED_DATA, "SSH_MSG_CHANNEL_EXTENDED_DATA", SERVICE },
	{ MSG_CHANNEL_EOF, "SSH_MSG_CHANNEL_EOF", SERVICE },
	{ MSG_CHANNEL_CLOSE, "SSH_MSG_CHANNEL_CLOSE", SERVICE },
	{ MSG_CHANNEL_REQUEST, "SSH_MSG_CHANNEL_REQUEST", SERVICE },
	{ MSG_CHANNEL_SUCCESS, "SSH_MSG_CHANNEL_SUCCESS", SERVICE },
	{ MSG_CHANNEL_FAILURE, "SSH_MSG_CHANNEL_FAILURE", SERVICE },
	{ MSG_PING, "SSH_MSG_PING", IN(PHASE_LOGIN) | IN(PHASE_CONNECTION) },
	{ MSG_PONG, "SSH_MSG_PONG", IN(PHASE_LOGIN) | IN(PHASE_CONNECTION) },
};
/* clang-format on */

static const struct row *
find(uint8_t type)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].type == type)
			return &rows[i];
	return NULL;
}

const char *
message_name(uint8_t type)
{
	const struct row *row = find(type);

	return row != NULL ? row->name : NULL;
}

/* The numbers that the methods of an exchange or a login have in common. */
static unsigned int
phases_of_range(uint8_t type)
{
	if (type >= MSG_KEX_FIRST && type <= MSG_KEX_LAST)
		return ALWAYS;
	if (type >= MSG_USERAUTH_FIRST && type <= MSG_USERAUTH_LAST)
		return IN(PHASE_LOGIN);
	return 0;
}

enum message_verdict
message_judge(uint8_t type, enum message_phase phase)
{
	const struct row *row = find(type);
	unsigned int phases = row != NULL ? row->phases : phases_of_range(type);

	if ((phases & IN(phase)) != 0)
		return MESSAGE_WELCOME;
	/* RFC 4253 section 11.4; but a strict exchange has no room for it */
	if (row == NULL && phases == 0 && phase != PHASE_STRICT_KEYS)
		return MESSAGE_UNKNOWN;
	return MESSAGE_FORBIDDEN;
}
