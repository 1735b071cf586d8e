/*
 * internal - what the files of ssh/libssh2/ share and nobody else sees.
 */
#ifndef SSH_LIBSSH2_INTERNAL_H
#define SSH_LIBSSH2_INTERNAL_H

#include <libssh2.h>
#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ssh/engine.h"
#include "ssh/libssh2/clear_text.h"
#include "ssh/libssh2/framing.h"
#include "ssh/libssh2/tap.h"

struct request;

/* Channels of a kind that the server opened and nobody has taken yet; more
 * are refused. */
#define SESSION_INCOMING_MAX 16

/* What may be decrypted before others get a turn. */
#define SESSION_TURN_BYTES ((size_t)256 * 1024)

/* What this engine adds to a session. */
struct lib_session {
	LIBSSH2_SESSION *raw;
	OSSL_PROVIDER *gcm; /* see gcm.h */
	struct tap tap;
	struct clear_text clear_text;
	struct framing framing; /* of what comes after it */
	bool has_framing;
	bool is_pinned;     /* libssh2 offers only what was agreed */
	size_t spare;       /* bytes behind what libssh2 allocates now */
	void *newest_block; /* what libssh2 allocated last, unless freed */
	size_t newest_len;
	bool has_sent_keys; /* our NEWKEYS: what follows is encrypted */
	bool has_asked;     /* for the login service */
	bool is_handshaken; /* the host key can be looked at */
	bool is_served;     /* the login service was accepted */
	bool may_open_early;
	unsigned n_ahead;   /* login requests that were sent before their time
			       and have not been answered */
	bool is_open_ahead; /* likewise; for one that was given up, until the
			       next answer shows that it did no harm */
	bool has_wasted_open;
	bool gate_open;
	bool is_draining;     /* what is sent goes nowhere */
	bool inject_error;    /* the next read fails: aborts one waiting call */
	uint64_t sent;        /* bytes taken from libssh2 */
	unsigned messages;    /* in how many pieces, up to 2 */
	size_t budget;        /* bytes that this pump may still read */
	ssize_t fed;          /* what the last reading gave, as from recv */
	bool ran_out;         /* the budget ended before the input did */
	bool is_held;         /* the server is to read our answers first */
	struct buf input;     /* read ahead: libssh2 asks for single bytes */
	size_t input_at;      /* what of it was given to libssh2 */
	struct channel *pump; /* any channel that libssh2 still has */
	struct channel *opener; /* ours, to get one, while it opens */
	bool has_opened;        /* that was tried */
	unsigned char *scratch; /* what the pump's read would fill */
	bool is_probing;        /* a probe waits for its answer */
	bool in_login;          /* a login call said "again" */
	struct buf banner;      /* what lib_login_banner() has given last */
	bool login_gave_up;     /* a challenge was not answered */
	unsigned n_unanswered;  /* and that many were not, since then */
	void *login_arg;        /* for libssh2's callbacks, during a call */
	struct request *requests;
	LIBSSH2_CHANNEL *incoming_agent[SESSION_INCOMING_MAX];
	size_t n_incoming_agent;
	LIBSSH2_CHANNEL *incoming_x11[SESSION_INCOMING_MAX];
	size_t n_incoming_x11;
	struct lib_listener *cancelled; /* freed by the owner */
	struct channel *channels;       /* that have an owner */
	struct channel *closing; /* freed by the owner, not yet by libssh2 */
};

/* What was read of a stream and is not consumed: from at on. */
struct lib_piece {
	struct buf bytes;
	size_t at;
};

/* What it adds to a channel. */
struct lib_channel {
	LIBSSH2_CHANNEL *raw;
	uint32_t adjust;         /* window adjustment not sent yet, or 0 */
	struct tap_channel *tap; /* NULL: the tap is of no use */
	unsigned agent_tries;    /* requests for it that were sent */
	int x11_screen;
	bool x11_is_single;
	bool eof_wanted, eof_sent;
	bool close_wanted, close_sent;
	bool is_closed; /* by the server */
	char *term;
	struct buf modes;
	struct channel_size size;
	bool size_wanted;
	char *signal;          /* to be sent as soon as possible */
	struct buf rescued[2]; /* by stream, as the next */
	struct lib_piece piece[2];
};

/* A server that makes us answer, and does not read the answers, has to wait.
 * Returns 0 if it need not, -EAGAIN, or -EIO if that is its end. */
int lib_session_hold(struct session *s);

/* Let libssh2 read up to budget bytes, and stop it again. */
void lib_session_open_gate(struct session *s, size_t budget);
void lib_session_close_gate(struct session *s);

/* From now on let libssh2 agree only on what the first offers agree on. For
 * when our offer has been sent and the server's was read. Returns 0, or -1
 * with the session's end noted. */
int lib_session_pin_methods(struct session *s);

/* A request whose only use is to take an answer that others have left. */
struct request *lib_channel_extra_request(struct channel *c);

/* As lib_session_handshake(), but up to the point where the server lets us log
 * in; 0, "again", or why not. Needs an open gate. */
int lib_session_await_service(struct session *s);

/*
 * What the result of a call means that asks the server for something: a
 * refusal, or the end. What is not known to be harmless is the end, and noted.
 * Returns true if the session still lives.
 */
bool lib_session_survives(struct session *s, int rc);

/* Note the end, because of an error of libssh2's. */
void lib_session_note_error(struct session *s, int rc);

/* A packet is not authentic: note the end, and let nobody look at it. */
void lib_session_note_bad_mac(struct session *s);

/* Has it ended so that what libssh2 has may be anybody's? Then nothing more is
 * taken from it. */
bool lib_session_is_spoilt(const struct session *s);

/* libssh2's allocator, which is the tap, within the bounds of what a server
 * may make us keep. */
void lib_memory_init(struct session *s, bool has_compression);
LIBSSH2_ALLOC_FUNC(lib_memory_alloc);
LIBSSH2_REALLOC_FUNC(lib_memory_realloc);
LIBSSH2_FREE_FUNC(lib_memory_free);

/* Bytes that libssh2 has sent so far: tells whether a call that returned
 * "again" got its message out. */
uint64_t lib_session_sent(const struct session *s);

/* Is there unread input? Looks at the network if need be. */
bool lib_session_has_input(struct session *s);

/* Send the size that is due; false if libssh2 said "again". */
bool lib_channel_send_size(struct channel *c);

/* A channel that is open already; raw is taken over. */
struct channel *lib_channel_adopt(struct session *s, LIBSSH2_CHANNEL *raw);

/* Forget an exit that the tap has seen and libssh2 has not: a malformed one. */
void lib_channel_confirm_exit(const struct channel *c);

/* Send the window adjustment that is due; false if libssh2 said "again". */
bool lib_channel_adjust(struct channel *c);

/* Retry what cancelled listeners still have to do. */
void lib_remote_listener_sweep(struct session *s);

/* Retry what closing channels still have to do. */
void lib_channel_sweep(struct session *s);

/* The entries of engine_libssh2, see ssh/engine.h. */
int lib_session_init(struct session *s, const struct session_params *p,
		     struct err *e);
void lib_session_free(struct session *s);
enum step lib_session_handshake(struct session *s, struct err *e);
const char *lib_session_method_name(const struct session *s,
				    enum session_method method);
void lib_session_allow_early_open(struct session *s);
bool lib_session_is_ahead(const struct session *s);
bool lib_session_is_login_ahead(const struct session *s);
bool lib_session_wasted_open(const struct session *s);
void lib_session_pump(struct session *s);
void lib_session_poll_requests(struct session *s);
bool lib_session_has_more(const struct session *s);
void lib_session_probe(struct session *s);
void lib_session_abandon_open(struct session *s, int64_t patience_ms);
void lib_session_disconnect(struct session *s);
enum login_result lib_login_none(struct session *s, const char *user);
void lib_login_send_first(struct session *s, const char *user,
			  struct login_key *key);
bool lib_login_knows_signatures(const struct session *s);
const char *lib_login_methods(const struct session *s);
const char *lib_login_banner(struct session *s, size_t *ret_len);
enum login_result lib_login_publickey(struct session *s, const char *user,
				      struct login_key *key);
void lib_login_set_signatures(struct session *s, const char *list);
enum login_result lib_login_password(struct session *s, const char *user,
				     struct login_password *p);
enum login_result lib_login_interactive(struct session *s, const char *user,
					login_respond_fn *respond, void *arg);
bool lib_login_is_done(const struct session *s);
struct channel *lib_channel_open_session(struct session *s, uint32_t window);
struct channel *lib_channel_open_direct(struct session *s,
					const struct channel_target *target,
					uint32_t window);
void lib_channel_free(struct channel *c);
void lib_channel_request_env(struct channel *c, const char *name,
			     const char *value);
void lib_channel_request_pty(struct channel *c, const struct channel_pty *p);
void lib_channel_set_size(struct channel *c, const struct channel_size *size);
void lib_channel_request_start(struct channel *c, const char *type,
			       const char *text);
ssize_t lib_channel_peek(struct channel *c, enum channel_stream stream,
			 const unsigned char **ret_data);
void lib_channel_consume(struct channel *c, enum channel_stream stream,
			 size_t len);
ssize_t lib_channel_write(struct channel *c, const void *data, size_t len);
void lib_channel_send_eof(struct channel *c);
void lib_channel_close(struct channel *c);
bool lib_channel_is_closed(struct channel *c);
bool lib_channel_send_signal(struct channel *c, const char *name);
enum channel_exit lib_channel_exit(const struct channel *c, int *ret_status,
				   const char **ret_signal,
				   const char **ret_message);
void lib_channel_request_agent(struct channel *c);
void lib_channel_request_x11(struct channel *c, const struct channel_x11 *x);
struct channel *lib_session_accept_agent(struct session *s);
struct channel *lib_session_accept_x11(struct session *s);
struct remote_listener *lib_remote_listener_new(struct session *s,
						const char *host, int port);
struct channel *lib_remote_listener_accept(struct remote_listener *l);
void lib_remote_listener_free(struct remote_listener *l);

#endif
