/*
 * message - the message numbers of SSH, their names, and which of them the
 * server may send when (RFC 4250 section 4.1, RFC 4253, OpenSSH's PROTOCOL).
 */
#ifndef SSH_NATIVE_MESSAGE_H
#define SSH_NATIVE_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

enum message {
	MSG_DISCONNECT = 1,
	MSG_IGNORE = 2,
	MSG_UNIMPLEMENTED = 3,
	MSG_DEBUG = 4,
	MSG_SERVICE_REQUEST = 5,
	MSG_SERVICE_ACCEPT = 6,
	MSG_EXT_INFO = 7,
	MSG_KEXINIT = 20,
	MSG_NEWKEYS = 21,
	MSG_KEX_FIRST = 30, /* of the method's own */
	MSG_KEX_LAST = 49,
	MSG_USERAUTH_REQUEST = 50,
	MSG_USERAUTH_FAILURE = 51,
	MSG_USERAUTH_SUCCESS = 52,
	MSG_USERAUTH_BANNER = 53,
	MSG_USERAUTH_FIRST = 60, /* of the method's own */
	MSG_USERAUTH_PK_OK = 60,
	MSG_USERAUTH_PASSWD_CHANGEREQ = 60,
	MSG_USERAUTH_INFO_REQUEST = 60,
	MSG_USERAUTH_INFO_RESPONSE = 61,
	MSG_USERAUTH_GSSAPI_RESPONSE = 60,
	MSG_USERAUTH_GSSAPI_TOKEN = 61,
	MSG_USERAUTH_GSSAPI_EXCHANGE_COMPLETE = 63,
	MSG_USERAUTH_GSSAPI_ERROR = 64,
	MSG_USERAUTH_GSSAPI_ERRTOK = 65,
	MSG_USERAUTH_GSSAPI_MIC = 66,
	MSG_USERAUTH_LAST = 79,
	MSG_GLOBAL_REQUEST = 80,
	MSG_REQUEST_SUCCESS = 81,
	MSG_REQUEST_FAILURE = 82,
	MSG_CHANNEL_OPEN = 90,
	MSG_CHANNEL_OPEN_CONFIRMATION = 91,
	MSG_CHANNEL_OPEN_FAILURE = 92,
	MSG_CHANNEL_WINDOW_ADJUST = 93,
	MSG_CHANNEL_DATA = 94,
	MSG_CHANNEL_EXTENDED_DATA = 95,
	MSG_CHANNEL_EOF = 96,
	MSG_CHANNEL_CLOSE = 97,
	MSG_CHANNEL_REQUEST = 98,
	MSG_CHANNEL_SUCCESS = 99,
	MSG_CHANNEL_FAILURE = 100,
	MSG_PING = 192, /* ping@openssh.com */
	MSG_PONG = 193,
};

/* RFC 4253 section 11.1. */
enum disconnect_reason {
	DISCONNECT_PROTOCOL_ERROR = 2,
	DISCONNECT_KEY_EXCHANGE_FAILED = 3,
	DISCONNECT_MAC_ERROR = 5,
	DISCONNECT_HOST_KEY_NOT_VERIFIABLE = 9,
	DISCONNECT_BY_APPLICATION = 11,
};

/* What a server says of itself in EXT_INFO (RFC 8308). */
struct message_info {
	bool has_come;
	char *signatures; /* "server-sig-algs"; or NULL */
	bool hostbound;   /* publickey-hostbound@openssh.com */
	bool ping;        /* ping@openssh.com */
};

/* How far a connection is. */
enum message_phase {
	PHASE_FIRST_KEYS,  /* up to the server's first NEWKEYS */
	PHASE_STRICT_KEYS, /* the same with strict key exchange */
	PHASE_LOGIN,
	PHASE_CONNECTION,
	PHASE_SHARED, /* the same in the connection of a master, who keeps
			 keys and login to himself */
};

enum message_verdict {
	MESSAGE_WELCOME,
	MESSAGE_UNKNOWN,   /* to be answered with UNIMPLEMENTED */
	MESSAGE_FORBIDDEN, /* a protocol error */
};

/*
 * May the server send a message of this type now? Of those of a key exchange
 * only the type is judged here; the exchange knows which one is next. In a
 * later exchange RFC 4253 section 7.1 leaves room for little else; but AsyncSSH
 * goes on with data between its KEXINIT and its NEWKEYS, and OpenSSH suffers
 * it.
 */
enum message_verdict message_judge(uint8_t type, enum message_phase phase);

/* "SSH_MSG_KEXINIT"; static, or NULL for a number without a name. */
const char *message_name(uint8_t type);

#endif
