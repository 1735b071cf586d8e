/*
 * entry - the functions of engine_native's table (ssh/engine.h), where other
 * files define them. See the functions of the same names in ssh/.
 */
#ifndef SSH_NATIVE_ENTRY_H
#define SSH_NATIVE_ENTRY_H

#include "ssh/engine.h"

/* userauth.c */
enum login_result native_login_none(struct session *s, const char *user);
void native_login_send_first(struct session *s, const char *user,
			     struct login_key *key);
const char *native_login_methods(const struct session *s);
const char *native_login_banner(struct session *s, size_t *ret_len);
enum login_result native_login_publickey(struct session *s, const char *user,
					 struct login_key *key);
enum login_result native_login_password(struct session *s, const char *user,
					struct login_password *p);
enum login_result native_login_listen(struct session *s);
enum login_result native_login_interactive(struct session *s, const char *user,
					   login_respond_fn *respond,
					   void *arg);
bool native_login_is_done(const struct session *s);
bool native_login_is_ahead(const struct session *s);

/* gssapi.c */
enum login_result native_login_gssapi(struct session *s, const char *user,
				      struct login_gssapi *g);

/* hostbased.c */
enum login_result native_login_hostbased(struct session *s, const char *user,
					 struct login_host *h);

/* channel.c */
struct channel *native_open_session(struct session *s, uint32_t window);
struct channel *native_open_direct(struct session *s,
				   const struct channel_target *target,
				   uint32_t window);
void native_channel_free(struct channel *c);
void native_channel_send_eof(struct channel *c);
void native_channel_close(struct channel *c);
bool native_channel_is_closed(struct channel *c);

/* request.c */
void native_request_env(struct channel *c, const char *name, const char *value);
void native_request_pty(struct channel *c, const struct channel_pty *p);
void native_set_size(struct channel *c, const struct channel_size *size);
void native_request_start(struct channel *c, const char *type,
			  const char *text);
void native_request_agent(struct channel *c);
void native_request_x11(struct channel *c, const struct channel_x11 *x);
bool native_send_signal(struct channel *c, const char *name);
bool native_send_break(struct channel *c, uint32_t length_ms);
enum channel_exit native_exit(const struct channel *c, int *ret_status,
			      const char **ret_signal,
			      const char **ret_message);

/* data.c */
ssize_t native_peek(struct channel *c, enum channel_stream stream,
		    const unsigned char **ret_data);
void native_consume(struct channel *c, enum channel_stream stream, size_t len);
ssize_t native_write(struct channel *c, const void *data, size_t len);
bool native_stop_reading(struct channel *c, enum channel_stream stream);
bool native_is_unread(const struct channel *c);

/* incoming.c */
struct channel *native_accept_agent(struct session *s);
struct channel *native_accept_x11(struct session *s);

/* host_keys.c */
struct wire native_session_id(const struct session *s);
struct wire native_host_signature(const struct session *s);
bool native_offered_keys(const struct session *s, struct wire *ret_keys);
void native_prove_keys(struct session *s, const struct buf *keys);
enum step native_proofs(const struct session *s, struct wire *ret_proofs);

/* listener.c */
struct remote_listener *native_listen(struct session *s, const char *host,
				      int port);
struct remote_listener *native_listen_unix(struct session *s, const char *path);
struct channel *native_accept(struct remote_listener *l);
void native_free_listener(struct remote_listener *l);

#endif
