/*
 * proxy_shape - are the fields of what another client asks the server for what
 * they must be? OpenSSH's server ends the connection over those that are not,
 * and with it everybody else's sessions.
 */
#ifndef SSH_NATIVE_PROXY_SHAPE_H
#define SSH_NATIVE_PROXY_SHAPE_H

#include <stdbool.h>

#include "base/wire.h"

enum proxy_shape {
	PROXY_SHAPE_OPEN,    /* what follows the sizes of a CHANNEL_OPEN */
	PROXY_SHAPE_REQUEST, /* what follows want_reply of a CHANNEL_REQUEST */
};

/* Is it a type that we know? */
bool proxy_shape_is_known(enum proxy_shape shape, const char *type);

/* Of an unknown type everything is sound. */
bool proxy_shape_is_sound(enum proxy_shape shape, const char *type,
			  struct wire fields);

#endif
