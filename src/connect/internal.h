/*
 * internal - what the files of connect/ share and nobody else sees.
 */
#ifndef CONNECT_INTERNAL_H
#define CONNECT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/auth.h"
#include "base/asker.h"
#include "base/step.h"
#include "connect/target.h"

struct dns;
struct host_key_update;
struct hosts_command;
struct key;
struct known_hosts;
struct loop_timer;
struct rekey;
struct route;
struct session;
struct stream;
struct verify;

struct connection {
	/* from connection_params */
	struct loop *loop;
	struct target *target;
	struct asker asker;
	void (*ahead)(void *arg, struct session *s);
	void (*wake)(void *arg);
	enum step (*reach)(void *arg, struct stream **ret_stream,
			   struct err *e);
	bool is_shared;
	void *arg;
	bool runs_command;

	const struct conf *conf; /* of target */
	size_t stage;            /* index into the table of stages */
	struct loop_timer *deadline;
	bool is_late;

	/* route, handshake */
	struct route *route;
	struct dns *dns;             /* fingerprints are asked for; or NULL */
	struct hosts_command *order; /* asked for the order of the offer */
	struct stream *stream;       /* until the session has it */
	struct session *session;

	/* verify */
	struct known_hosts *known_hosts;
	struct verify *verify; /* while it is going on */
	struct key *host_key;
	char *address;       /* the server's, as known_hosts names it */
	bool checks_ip;      /* CheckHostIP applies: address is a name of its */
	bool may_learn_keys; /* UpdateHostKeys: the key is trusted enough */
	bool has_recorded;   /* known_hosts has more lines than were loaded */
	bool is_untrusted;   /* connected in spite of a wrong host key: no
				passwords, no forwarding */

	/* log in */
	struct auth_params auth_params;
	struct auth *auth; /* from the beginning on, to gather keys meanwhile */
	bool is_logging_in;
	bool is_asking;  /* and the user has not answered yet */
	bool has_banner; /* the server has said something about the login */
	char *methods;
	char *login_text; /* how we got in */

	/* afterwards */
	struct rekey *rekey;
	struct host_key_update *host_key_update; /* NULL: not wanted */
};

/* Set is_late after this time; 0: never. */
void connection_set_deadline(struct connection *c, int64_t timeout_ms);

/* Gather what the login will need; to be called in the stages before it. */
void connection_prepare_login(struct connection *c);

/* The stages, each in a file of its own. */
enum step connection_reach(struct connection *c, struct err *e);
enum step connection_start(struct connection *c, struct err *e);
enum step connection_handshake(struct connection *c, struct err *e);
enum step connection_verify(struct connection *c, struct err *e);
enum step connection_login(struct connection *c, struct err *e);

#endif
