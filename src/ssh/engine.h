/*
 * engine - what stands behind session.h, login.h, channel.h, incoming.h and
 * remote_listener.h: hawser's own SSH (native/) or libssh2 (libssh2/). Seen
 * inside ssh/ only.
 *
 * A session and its channels belong to one engine for life. What both engines
 * keep in the same way is here; the rest is theirs.
 */
#ifndef SSH_ENGINE_H
#define SSH_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/wire.h"
#include "ssh/algorithms.h"
#include "ssh/channel.h"
#include "ssh/incoming.h"
#include "ssh/login.h"
#include "ssh/negotiation.h"
#include "ssh/session.h"
#include "ssh/window.h"

struct lib_channel;
struct lib_session;
struct native_channel;
struct native_session;
struct remote_listener;
struct strv;

struct session {
	const struct engine *engine;
	struct lib_session *lib;       /* one of these two */
	struct native_session *native; /* is set */
	struct stream *stream;
	struct negotiation ours;  /* what we offer */
	struct greeting greeting; /* what the server said in clear text */
	enum session_end end;
	int error; /* errno of SESSION_BROKEN */
	unsigned disconnect_code;
	char *disconnect_text;
	char *remark;         /* SSH_MSG_DEBUG since the last answer about a
				 listener; or NULL */
	char *trouble;        /* what went wrong, for SESSION_CORRUPT */
	struct buf host_key;  /* of the first key exchange */
	bool is_mute;         /* sending failed; reading goes on to the end */
	unsigned n_channels;  /* so far */
	uint32_t window_most; /* of any channel */
	int64_t rtt_us;       /* the shortest seen; 0: not known */
	int64_t rtt_asked_us; /* when that was looked at last */
};

enum reply { REPLY_NONE, REPLY_PENDING, REPLY_OK, REPLY_REFUSED };

struct channel {
	struct channel *next; /* for its engine */
	struct session *session;
	struct lib_channel *lib;       /* one of these two */
	struct native_channel *native; /* is set */
	unsigned number;               /* for messages */
	struct window window;
	enum reply open, pty, start;
	enum reply agent, x11;
	char *origin_host; /* who connected; or NULL */
	int origin_port;
	uint32_t refusal_code; /* RFC 4254 section 5.1 */
	char *refusal;         /* the server's reason for refusing the open */
	char *start_type;
	char *start_trouble; /* why it could not even be asked for; or NULL */
	bool stream_ended[2];
	uint64_t bytes_in[2], bytes_out; /* in: by stream */
};

struct remote_listener {
	struct session *session;
	enum reply reply;
	char *path; /* a Unix socket; or NULL and: */
	char *host;
	int port; /* as asked for */
	int bound_port;
	char *reason; /* what was remarked before it was refused; or NULL */
};

/* See the function of the same name, without the struct's prefix, in the
 * header named above each group. */
struct engine {
	size_t texts_max; /* in one request: who is asked for more would end
			     the connection */

	/* session.h; init gets a session in which only the shared part is
	 * set, and free leaves that part alone */
	const char *(*version)(void);
	int (*init)(struct session *s, const struct session_params *p,
		    struct err *e);
	void (*free)(struct session *s);
	bool (*can)(const struct session *s, enum session_ability ability);
	enum step (*handshake)(struct session *s, struct err *e);
	const char *(*method_name)(const struct session *s,
				   enum session_method method);
	void (*allow_early_open)(struct session *s);
	void (*allow_early_start)(struct session *s);
	bool (*may_have_started)(const struct session *s);
	bool (*is_ahead)(const struct session *s);
	bool (*is_login_ahead)(const struct session *s);
	bool (*wasted_open)(const struct session *s);
	void (*pump)(struct session *s);
	void (*poll_requests)(struct session *s);
	bool (*has_more)(const struct session *s);
	void (*send_chaff)(struct session *s); /* NULL without SESSION_CHAFF */
	void (*probe)(struct session *s);
	void (*abandon_open)(struct session *s, int64_t patience_ms);
	void (*rekey)(struct session *s); /* both: with SESSION_REKEY */
	int64_t (*keyed_ms)(const struct session *s);
	void (*no_more_sessions)(struct session *s); /* or NULL */
	void (*disconnect)(struct session *s);

	/* algorithms.h: append the names that the engine has; and has
	 * libcrypto what one of them needs? */
	void (*algorithms)(enum algorithm_kind kind, struct strv *ret_names);
	/* a list of patterns: those that are offered only when they are named,
	 * because of what a server could do with them; or NULL */
	const char *(*unsafe)(enum algorithm_kind kind);
	bool (*is_usable)(enum algorithm_kind kind, const char *name);

	/* host_proof.h; NULL without SESSION_HOST_PROOF */
	struct wire (*session_id)(const struct session *s);
	struct wire (*host_signature)(const struct session *s);
	bool (*offered_keys)(const struct session *s, struct wire *ret_keys);
	void (*prove_keys)(struct session *s, const struct buf *keys);
	enum step (*proofs)(const struct session *s, struct wire *ret_proofs);

	/* login.h */
	enum login_result (*none)(struct session *s, const char *user);
	void (*send_first)(struct session *s, const char *user,
			   struct login_key *key);
	bool (*knows_signatures)(const struct session *s);
	const char *(*methods)(const struct session *s);
	const char *(*banner)(struct session *s, size_t *ret_len);
	enum login_result (*publickey)(struct session *s, const char *user,
				       struct login_key *key);
	enum login_result (*hostbased)(struct session *s, const char *user,
				       struct login_host *h);
	enum login_result (*gssapi)(struct session *s, const char *user,
				    struct login_gssapi *g);
	void (*set_signatures)(struct session *s, const char *list);
	enum login_result (*password)(struct session *s, const char *user,
				      struct login_password *p);
	enum login_result (*interactive)(struct session *s, const char *user,
					 login_respond_fn *respond, void *arg);
	enum login_result (*listen_login)(struct session *s); /* or NULL */
	bool (*is_done)(const struct session *s);

	/* channel.h */
	struct channel *(*open_session)(struct session *s, uint32_t window);
	struct channel *(*open_direct)(struct session *s,
				       const struct channel_target *target,
				       uint32_t window);
	void (*free_channel)(struct channel *c);
	void (*request_env)(struct channel *c, const char *name,
			    const char *value);
	void (*request_pty)(struct channel *c, const struct channel_pty *p);
	void (*set_size)(struct channel *c, const struct channel_size *size);
	void (*request_start)(struct channel *c, const char *type,
			      const char *text);
	ssize_t (*peek)(struct channel *c, enum channel_stream stream,
			const unsigned char **ret_data);
	void (*consume)(struct channel *c, enum channel_stream stream,
			size_t len);
	ssize_t (*write)(struct channel *c, const void *data, size_t len);
	bool (*stop_reading)(struct channel *c, enum channel_stream stream);
	bool (*is_unread)(const struct channel *c); /* both may be NULL */
	void (*send_eof)(struct channel *c);
	void (*close)(struct channel *c);
	bool (*is_closed)(struct channel *c);
	bool (*send_signal)(struct channel *c, const char *name);
	bool (*send_break)(struct channel *c, uint32_t length_ms);
	enum channel_exit (*exit)(const struct channel *c, int *ret_status,
				  const char **ret_signal,
				  const char **ret_message);

	/* incoming.h */
	void (*request_agent)(struct channel *c);
	void (*request_x11)(struct channel *c, const struct channel_x11 *x);
	struct channel *(*accept_agent)(struct session *s);
	struct channel *(*accept_x11)(struct session *s);

	/* remote_listener.h; listen_unix with SESSION_REMOTE_UNIX */
	struct remote_listener *(*listen)(struct session *s, const char *host,
					  int port);
	struct remote_listener *(*listen_unix)(struct session *s,
					       const char *path);
	struct channel *(*accept)(struct remote_listener *l);
	void (*free_listener)(struct remote_listener *l);
};

extern const struct engine engine_libssh2, engine_native;

/* The engine behind a name, or NULL if this build has it not. */
const struct engine *engine_find(enum session_engine engine);

/* Which list of an offer a method is from; our direction's if there are two. */
enum negotiation_list session_method_list(enum session_method method);

/* Note that the transport is gone; the first reason stays. */
void session_note_end(struct session *s, enum session_end end);

/* The same for SESSION_CORRUPT, with what went wrong. */
void session_note_trouble(struct session *s, const char *trouble);

/* The server has remarked something (RFC 4253 section 11.3): at most
 * REMARK_MAX bytes of the last one are kept. */
#define REMARK_MAX 256
void session_note_remark(struct session *s, const void *text, size_t len);

/* It has answered whether it listens; its last remark was about that. */
void remote_listener_note(struct remote_listener *l, enum reply reply);

/* Free the shared part. */
void remote_listener_release(struct remote_listener *l);

/* What goes wrong when a packet has a wrong MAC or tag, which is explained in
 * the same words with every cipher. */
#define SESSION_BAD_MAC "Corrupted MAC on input."
#define SESSION_BAD_TAG "message authentication code incorrect"

/* What a reply, or none yet, means to whoever waits for it. */
enum step reply_step(enum reply reply);

/* A new channel of the session, all of whose shared part is set. */
struct channel *channel_new(struct session *s, uint32_t window);

/* Some of it was read: let the window follow. */
void channel_follow_window(struct channel *c);

/* Free the shared part, and c. */
void channel_release(struct channel *c);

#endif
