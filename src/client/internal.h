/*
 * internal - what the files of client/ share and nobody else sees.
 */
#ifndef CLIENT_INTERNAL_H
#define CLIENT_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/auth.h"
#include "base/err.h"
#include "base/step.h"
#include "base/strv.h"
#include "client/memory.h"
#include "ssh/session.h"

struct agent_request;
struct alive;
struct channel;
struct conf;
struct dial;
struct asking;
struct fallback;
struct forwards;
struct host_key_update;
struct inherited;
struct interactive;
struct key;
struct known_hosts;
struct loop;
struct loop_signal;
struct loop_task;
struct loop_timer;
struct pacing;
struct rekey;
struct session;
struct stdio;
struct x11_request;

#define CLIENT_SIGNALS 4

struct client {
	struct loop *loop;
	const struct conf *conf;
	struct loop_task *turn;
	size_t stage; /* index into the table of stages */
	enum step result;
	struct err err;
	int status; /* exit status, once result is STEP_DONE */

	/* prepare */
	char *host;       /* HostName with its tokens expanded, lower case */
	char *host_title; /* its name in known_hosts: alias, [host]:port */
	struct strv identity_files, certificate_files;
	struct strv user_known_hosts, global_known_hosts;
	char *agent_path;      /* NULL: none */
	char *exceptions_path; /* FastOpenExceptions; NULL: none */
	char *command;         /* what to run; NULL: a shell or nothing */
	char *kex, *host_keys, *ciphers, *macs, *signatures, *ca_signatures;
	char *host_signatures; /* for hostbased */
	struct known_hosts *known_hosts;

	struct interactive *interactive; /* NULL: no terminal */
	struct asking *asking;           /* the login asks the user */
	bool has_question;               /* the session does */
	struct fallback *fallback;       /* while it is asking */
	char *term_fallback; /* the TERM that the host knows; NULL: ours */

	/* FastOpen */
	bool is_careful;      /* take no step before its time */
	bool has_misguessed;  /* the first key exchange failed, perhaps
				 because of a wrong guess */
	char *memory_path;    /* IdentityMemory; NULL: none */
	char *memory_name;    /* who and where, in it */
	struct memory memory; /* what is known of the server */
	const char *offence;  /* what a server did about one; static, or NULL */

	/* dial, handshake */
	bool has_warned; /* WarnWeakCrypto */
	struct loop_timer *deadline;
	bool is_late;
	struct dial *dial;
	struct session *session;

	/* verify */
	struct key *host_key;
	char *address;       /* the server's, as known_hosts names it */
	bool checks_ip;      /* CheckHostIP applies: address is a name of its */
	bool may_learn_keys; /* UpdateHostKeys: the key is trusted enough */
	bool has_recorded;   /* known_hosts has more lines than were loaded */
	bool is_untrusted;   /* connected in spite of a wrong host key: no
				passwords, no forwarding */

	/* log in */
	struct auth_params auth_params;
	struct auth *auth; /* from the dialing on, to gather keys meanwhile */
	bool is_logging_in;
	bool has_banner; /* the server has said something about the login */
	char *methods;
	char *login_text; /* how we got in */

	/* the session */
	struct inherited *inherited; /* sockets from LISTEN_FDS, or NULL */
	struct forwards *forwards;
	struct agent_request *agent_request;     /* NULL: not wanted */
	struct x11_request *x11_request;         /* likewise */
	struct host_key_update *host_key_update; /* likewise */
	struct channel *channel;                 /* NULL with -N */
	bool is_asked;                           /* the session was asked for */
	bool is_requested;                       /* and what is to run in it */
	bool has_run_local;                      /* LocalCommand */
	struct stdio *stdio;
	struct alive *alive;
	struct pacing *pacing; /* NULL: not wanted */
	struct rekey *rekey;
	struct loop_signal *signals[CLIENT_SIGNALS];
	bool has_finished; /* the remote side ended by itself */
	int signo;         /* a signal that ends us, or 0 */
};

/* Have the stages looked at again in this turn of the loop; arg is the
 * client (the form that watchers want). */
void client_wake(void *arg);

/* The engine that the configuration wants. */
enum session_engine client_engine(const struct conf *o);

/* Set e to what became of a connection that ended. Always STEP_FAIL. */
enum step client_lost(struct client *c, struct err *e);

/* Set is_late after this time; 0: never. */
void client_set_deadline(struct client *c, int64_t timeout_ms);

/* Gather what the login will need; to be called in the stages before it. */
void client_prepare_login(struct client *c);

/* Queue the opening of the channel that the session will use, if that was not
 * done. Returns -1 with e set for a target that makes no sense. */
int client_open_channel(struct client *c, struct err *e);

/* Ask for everything on the session's channel, if that was not done. */
void client_request_session(struct client *c);

/* The stages, each in a file of its own. */
enum step client_prepare(struct client *c, struct err *e);
enum step client_dial(struct client *c, struct err *e);
enum step client_handshake(struct client *c, struct err *e);
enum step client_verify(struct client *c, struct err *e);
enum step client_login(struct client *c, struct err *e);
enum step client_ask_terminal(struct client *c, struct err *e);
enum step client_open(struct client *c, struct err *e);
enum step client_relay(struct client *c, struct err *e);

#endif
