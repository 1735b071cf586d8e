/*
 * packet - the messages between a master of a shared connection and its
 * clients: version 4 of OpenSSH's protocol (its file PROTOCOL.mux), and of what
 * came later the extension "info". Pure: bytes in, structs out.
 *
 * What a message consists of is one row of a table (packet.c), which both
 * directions walk. What follows the last field of a message is not looked at,
 * as OpenSSH does not: it is where later versions put something.
 */
#ifndef MUX_PACKET_H
#define MUX_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strv.h"

struct buf;
struct err;

#define MUX_VERSION 4
/* Without its length; OpenSSH ends a client that sends more. */
#define MUX_PACKET_MAX ((size_t)256 * 1024)
/* What is more is dropped, as by OpenSSH. */
#define MUX_ENVIRONMENT_MAX ((size_t)4096)

/* Of a host or a path in a forwarding: neither can be longer, and the
 * connection is not to end for one that no packet has room for. */
#define MUX_NAME_MAX ((size_t)4096)

#define MUX_NO_ESCAPE 0xffffffffU    /* session.escape: "none" */
#define MUX_PORT_OF_PATH 0xfffffffeU /* a port: its host is a socket's path */

/* That the master answers MUX_C_INFO. */
#define MUX_EXTENSION_INFO "info"

/* Numbers on the wire: a client's requests, and a master's replies. */
enum mux_type {
	MUX_HELLO = 0x00000001,
	MUX_C_NEW_SESSION = 0x10000002,
	MUX_C_ALIVE_CHECK = 0x10000004,
	MUX_C_TERMINATE = 0x10000005,
	MUX_C_OPEN_FORWARD = 0x10000006,
	MUX_C_CLOSE_FORWARD = 0x10000007,
	MUX_C_NEW_STDIO_FORWARD = 0x10000008,
	MUX_C_STOP_LISTENING = 0x10000009,
	MUX_C_PROXY = 0x1000000f,
	MUX_C_INFO = 0x20000001,
};

/* Beyond what an enum can hold. */
#define MUX_S_OK 0x80000001U
#define MUX_S_PERMISSION_DENIED 0x80000002U
#define MUX_S_FAILURE 0x80000003U
#define MUX_S_EXIT_MESSAGE 0x80000004U
#define MUX_S_ALIVE 0x80000005U
#define MUX_S_SESSION_OPENED 0x80000006U
#define MUX_S_REMOTE_PORT 0x80000007U
#define MUX_S_TTY_ALLOC_FAIL 0x80000008U
#define MUX_S_PROXY 0x8000000fU
#define MUX_S_INFO 0x90000001U

enum mux_forward_type {
	MUX_FORWARD_LOCAL = 1,
	MUX_FORWARD_REMOTE = 2,
	MUX_FORWARD_DYNAMIC = 3,
};

struct mux_session_request {
	bool wants_tty, wants_x11, wants_agent, is_subsystem;
	uint32_t escape; /* a character, or MUX_NO_ESCAPE */
	char *term;
	char *command;           /* "": a shell */
	struct strv environment; /* NAME=value; OpenSSH does not check that */
};

struct mux_forward {
	uint32_t type; /* enum mux_forward_type, or whatever was sent */
	char *listen_host;
	uint32_t listen_port;
	char *connect_host;
	uint32_t connect_port;
};

/*
 * One message. Which fields it has is said by its type; the others are zero.
 * All strings are owned, and none is NULL in a message that was parsed; to
 * mux_packet_put() NULL is "".
 */
struct mux_packet {
	uint32_t type;
	bool is_known;  /* parsed: of a type above; if not, only id is set */
	uint32_t id;    /* of the request; in EXIT and TTY_ALLOC_FAIL: of the
			   session */
	uint32_t value; /* version, process, session, port or status */
	char *text;     /* a reason; the name, or the text, of an INFO */
	struct mux_session_request session; /* NEW_SESSION */
	struct mux_forward forward; /* of a STDIO one only where to connect */
	struct strv extensions;     /* HELLO: their names */
};

void mux_packet_clear(struct mux_packet *p);

/* Append the whole message, with its length. */
void mux_packet_put(struct buf *out, const struct mux_packet *p);

/*
 * How many more bytes does the message at the front of these need? 0 if it is
 * whole, -1 with e set if it is too short or too long to be one. At first that
 * is the rest of its length. Who waits for descriptors must not read further:
 * they come with the bytes behind the message, and would be lost.
 */
long mux_packet_missing(const void *data, size_t len, struct err *e);

/* Parse a whole message. Returns 0, or -1 with e set if it is malformed. */
int mux_packet_parse(const void *data, size_t len,
		     struct mux_packet *ret_packet, struct err *e);

/* Are its names such as there can be? */
bool mux_forward_is_sound(const struct mux_forward *f);

/* Does a hello have this extension? */
bool mux_packet_has_extension(const struct mux_packet *p, const char *name);

#endif
