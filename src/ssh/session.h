/*
 * session - one SSH connection, driven so that nothing it does can block,
 * starve or confuse another part.
 *
 * Two engines stand behind this header and its neighbours (login.h, channel.h,
 * incoming.h, remote_listener.h): our own, and libssh2. Which one runs is said
 * once, at the start; what it can do is asked with session_can().
 *
 * A turn is: session_pump(), which takes in everything that has arrived; then
 * session_poll_requests(), then whatever the owner wants to do with channels;
 * then session_flush(). The owner is woken through the stream. During login no
 * pump runs: those calls read for themselves.
 */
#ifndef SSH_SESSION_H
#define SSH_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/step.h"
#include "base/strv.h"

struct channel;
struct err;
struct session;
struct stream;

enum session_engine {
	SESSION_NATIVE, /* our own */
	SESSION_LIBSSH2,
};

/* Has this build the engine? */
bool session_has_engine(enum session_engine engine);

/* Lists are plain and comma-separated (see algorithms.h). */
struct session_params {
	enum session_engine engine;
	const char *identification; /* "SSH-2.0-...", without line end */
	const char *kex;
	const char *host_keys;
	const char *ciphers;
	const char *macs;
	bool compression;
	bool is_shared; /* native: the stream leads to a master of a shared
			   connection in proxy mode; the session is there, and
			   only what is about channels is sent */
	uint32_t window_most; /* bytes; no channel's window grows beyond */
	bool offer_at_once;   /* do not wait for the server's first words */
	const char *preferred_kex; /* what the server likes best, if that is */
	const char *preferred_host_key; /* known, for a guess; or NULL */
	uint64_t rekey_bytes; /* of either direction, then there are new keys;
				 0: what the cipher needs */
};

/* The version of libssh2, or NULL where this build has it not. Static. */
const char *session_library_version(void);

/* Takes over the stream, also on failure. NULL with e set on failure. */
struct session *session_new(struct stream *stream,
			    const struct session_params *p, struct err *e);

/* End at once: nothing is sent any more. NULL is fine. */
void session_free(struct session *s);

/* What one engine can do and the other cannot. */
enum session_ability {
	SESSION_REMOTE_UNIX,  /* remote_listener_new_unix() */
	SESSION_PROBE,        /* session_probe() gets an answer */
	SESSION_REKEY,        /* session_rekey(), rekey_bytes */
	SESSION_BREAK,        /* channel_send_break() */
	SESSION_HOST_PROOF,   /* host_proof.h */
	SESSION_HOSTBASED,    /* login_hostbased() */
	SESSION_GSSAPI,       /* login_gssapi() */
	SESSION_CHAFF,        /* session_send_chaff(), with this server, now */
	SESSION_POST_QUANTUM, /* such a key exchange */
	SESSION_SIGN_FIRST,   /* a login that begins with a signature */
	SESSION_KEYS_APART,   /* one that cannot sign leaves the next alone */
	SESSION_LATE_ANSWERS, /* to questions of login.h's callbacks */
	SESSION_EARLY_START,  /* requests that travel with an early open */
	SESSION_PROXY,        /* proxy.h */
};
bool session_can(const struct session *s, enum session_ability ability);

/*
 * Exchange identification strings and keys, and ask for the login service,
 * whose answer the login waits for. On STEP_DONE the host key can be looked at
 * (and must be, before anything else is sent); on STEP_FAIL e says why in ssh's
 * words (ERR_PROTOCOL, ERR_DISAGREED; or ERR_ENDED or ERR_DISMISSED when the
 * server went away).
 */
enum step session_handshake(struct session *s, struct err *e);

/* The server's identification string, "" if none came yet. As sent. */
const char *session_server_identification(const struct session *s);

/* The server's host key blob; borrowed, valid until the next call. */
const void *session_host_key(const struct session *s, size_t *ret_len);

/* What was agreed upon. Borrowed; "" while unknown. */
enum session_method {
	SESSION_KEX,
	SESSION_HOST_KEY,
	SESSION_CIPHER,
	SESSION_MAC,
	SESSION_COMPRESSION,
};
const char *session_method_name(const struct session *s,
				enum session_method method);

/* Was the key exchange one that a quantum computer does not break? */
bool session_is_post_quantum(const struct session *s);

/*
 * From now on send the first channel open that is queued together with the
 * signature that logs us in (RFC 4252 section 6: it belongs to the session if
 * that is accepted). If it is not, the open is sent again after the login; a
 * server may also end the connection. Not with compression, which starts with
 * the login's end.
 */
void session_allow_early_open(struct session *s);

/* The same for what is asked on that channel, up to the start of a command:
 * with SESSION_EARLY_START, and a server that gives its first channel the
 * number 0. */
void session_allow_early_start(struct session *s);

/* Was that sent, and is its fate unknown? Then it must not be sent again. */
bool session_may_have_started(const struct session *s);

/* What the server likes best, from its first offer: an owned string, or NULL if
 * none came. */
char *session_preference(const struct session *s, enum session_method method);

/* Was anything sent before its time (also by login_send_first()) that the
 * server has not answered? If the connection ended, that may be why. */
bool session_is_ahead(const struct session *s);

/* Was a login request sent before its time, and not answered? */
bool session_is_login_ahead(const struct session *s);

/* Was an open sent with a signature that did not let us in? */
bool session_wasted_open(const struct session *s);

/* Decrypt what has arrived. Nothing before the login is over. */
void session_pump(struct session *s);

/* Poll the requests in flight, each in the order sent. Nothing before the
 * login is over. */
void session_poll_requests(struct session *s);

/* Give everything queued to the kernel. */
void session_flush(struct session *s);

/* Is there input left that the last pump had no time for, or was something
 * asked for that is sent by the next poll? Then take another turn without
 * waiting. */
bool session_has_more(const struct session *s);

/* May a channel produce more, or is the send queue full? */
bool session_can_send(const struct session *s);

/* Send something that looks like a keystroke and means nothing. */
void session_send_chaff(struct session *s);

enum session_end {
	SESSION_ALIVE,
	SESSION_CLOSED,       /* the server closed the connection */
	SESSION_BROKEN,       /* the network failed: session_errno() */
	SESSION_DISCONNECTED, /* the server sent DISCONNECT */
	SESSION_CORRUPT,      /* not understood, or a key exchange failed */
	SESSION_KEY_CHANGED,  /* a rekey brought another host key */
};

/* How the connection ended, if it did. Received data can still be read. */
enum session_end session_ended(const struct session *s);
int session_errno(const struct session *s);

/* The server's DISCONNECT (RFC 4253 section 11.1): its reason code, 0 if none
 * came, and its text as sent. Borrowed. */
unsigned session_disconnect_code(const struct session *s);
const char *session_disconnect_text(const struct session *s);

/* What went wrong, for SESSION_CORRUPT. Borrowed. */
const char *session_trouble(const struct session *s);

/* Set e to a sentence, in ssh's words, about how the connection ended (more
 * than one line where ssh writes several). Always returns -1. */
int session_explain(struct session *s, struct err *e);

/*
 * Send something harmless that the server must answer, to see whether it is
 * alive; the answer is consumed. Not while another probe is on its way.
 */
void session_probe(struct session *s);

/*
 * Give up on the opening of a channel that got no answer for this long while
 * others wait for their turn: libssh2 opens one at a time. It fails; the
 * server's channel, if it comes to be, is left to itself.
 */
void session_abandon_open(struct session *s, int64_t patience_ms);

/* Exchange keys again, if that is not being done already; with SESSION_REKEY,
 * after the login. */
void session_rekey(struct session *s);

/* Promise an OpenSSH server that no session will be opened any more, so that
 * nobody who gets hold of us can. Where the engine cannot, nothing happens. */
void session_no_more_sessions(struct session *s);

/* When keys were last exchanged, on the clock of loop_now_ms(); likewise. */
int64_t session_keyed_ms(const struct session *s);

/* Say good-bye (DISCONNECT, by application) and flush; then session_free(). */
void session_disconnect(struct session *s);

struct stream *session_stream(const struct session *s); /* borrowed */

#endif
