#include "connect/host_key_update.h"

#include <stdlib.h>
#include <strings.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "connect/internal.h"
#include "connect/trusted.h"
#include "keys/key.h"
#include "net/loop.h"
#include "ssh/host_proof.h"
#include "trust/key_update.h"
#include "trust/known_hosts.h"

/* How long a session that is over stays for the host's proof. */
#define PATIENCE_MS 5000

enum { ANSWERS_MAX = 3 };

enum phase {
	PHASE_WAITING, /* for the host to tell */
	PHASE_PROVING,
	PHASE_ASKING,
	PHASE_OVER,
};

struct host_key_update {
	struct connection *connection;
	enum phase phase;
	struct key_update keys;
	struct loop_timer *timer;
	int n_answers; /* that were neither yes nor no */
};

static void
on_late(void *arg)
{
	struct host_key_update *u = arg;

	if (u->phase != PHASE_PROVING)
		return;
	log_debug("the host does not prove its keys");
	u->phase = PHASE_OVER;
	u->connection->wake(u->connection->arg);
}

/* ssh's conditions, but for those that connection_verify() has seen to. */
static bool
is_wanted(const struct connection *c)
{
	const struct conf *o = c->conf;

	if (o->update_host_keys == CONF_NO || !c->may_learn_keys ||
	    c->conf->user_known_hosts_file.len == 0 ||
	    !session_can(c->session, SESSION_HOST_PROOF))
		return false;
	if (o->update_host_keys == CONF_ASK && c->runs_command) {
		log_debug("UpdateHostKeys=ask is incompatible with remote "
			  "command execution; disabling");
		return false;
	}
	return o->update_host_keys != CONF_ASK || !o->batch_mode;
}

struct host_key_update *
host_key_update_new(struct connection *c)
{
	struct host_key_update *u;

	if (!is_wanted(c))
		return NULL;
	u = xcalloc(1, sizeof(*u));
	u->connection = c;
	u->timer = loop_timer_new(c->loop, on_late, u);
	return u;
}

static void
forget_question(struct host_key_update *u)
{
	const struct asker *asker = &u->connection->asker;

	if (u->phase == PHASE_ASKING)
		asker->forget(asker->arg);
}

void
host_key_update_free(struct host_key_update *u)
{
	if (u == NULL)
		return;
	forget_question(u);
	loop_timer_free(u->timer);
	key_update_clear(&u->keys);
	free(u);
}

bool
host_key_update_is_busy(const struct host_key_update *u)
{
	return u != NULL &&
	       (u->phase == PHASE_PROVING || u->phase == PHASE_ASKING);
}

/* --- the end: known_hosts is changed --- */

static void
apply(struct host_key_update *u)
{
	const struct connection *c = u->connection;
	const struct key_update_names names = {
		.host = c->target->title,
		.ip = c->checks_ip ? c->address : NULL,
		.hashed = c->conf->hash_known_hosts,
	};
	const struct strv *files = &c->conf->user_known_hosts_file;
	struct err e = { .kind = ERR_NONE };

	u->phase = PHASE_OVER;
	for (size_t i = 0; i < files->len; i++)
		if (key_update_apply(&u->keys, files->items[i], &names, i == 0,
				     &e) != 0)
			log_error("UpdateHostKeys: %s", e.text);
}

static void
tell(const struct host_key_update *u, const char *what, const struct key *k)
{
	const struct conf *o = u->connection->conf;
	char *print = key_fingerprint(k, (enum key_hash)o->fingerprint_hash);

	log_write(o->update_host_keys == CONF_ASK ? LOG_LEVEL_INFO
						  : LOG_LEVEL_VERBOSE,
		  "%s hostkey: %s %s", what, key_type_name(k), print);
	free(print);
}

/* Everything is proven: tell what is to be done, and do it or ask. */
static void
propose(struct host_key_update *u)
{
	const struct key_update *k = &u->keys;
	bool asks = u->connection->conf->update_host_keys == CONF_ASK;

	if (asks) {
		log_info("The server has updated its host keys.");
		log_info("These changes were verified by the server's existing "
			 "trusted key.");
	}
	for (size_t i = 0; i < k->n_items; i++)
		if (k->items[i].is_proven)
			tell(u, "Learned new", k->items[i].key);
	for (size_t i = 0; i < k->n_old; i++)
		tell(u, "Deprecating obsolete", k->old[i]);
	if (asks)
		u->phase = PHASE_ASKING;
	else
		apply(u);
}

/* STEP_DONE: yes. As in ssh, other words than yes and no are answers, too, but
 * not for ever. */
static enum step
confirm(struct host_key_update *u)
{
	static const struct question q = {
		.text = "Accept updated hostkeys? (yes/no): ",
		.echo = true,
		.is_confirmation = true,
	};
	const struct asker *asker = &u->connection->asker;

	while (u->n_answers < ANSWERS_MAX) {
		struct secret *answer;
		enum step step = asker->ask(asker->arg, &q, &answer);
		bool is_yes, is_no;

		if (step != STEP_DONE)
			return step;
		is_yes = strcasecmp(answer->text, "yes") == 0;
		is_no = strcasecmp(answer->text, "no") == 0;
		secret_free(answer);
		if (is_yes || is_no)
			return is_yes ? STEP_DONE : STEP_FAIL;
		log_info("Please enter \"yes\" or \"no\"");
		u->n_answers++;
	}
	return STEP_FAIL;
}

static void
step_asking(struct host_key_update *u)
{
	enum step step = confirm(u);

	if (step == STEP_AGAIN)
		return;
	u->phase = PHASE_OVER;
	if (step == STEP_DONE)
		apply(u);
}

/* --- the beginning: what the host tells, and proves --- */

/* A key that this connection has added is not among those loaded. */
static void
load_again(struct connection *c)
{
	if (!c->has_recorded)
		return;
	known_hosts_free(c->known_hosts);
	trusted_load(c);
	c->has_recorded = false;
}

static void
ask_for_proof(struct host_key_update *u)
{
	struct buf keys = BUF_INIT;

	key_update_put_new(&u->keys, &keys);
	host_proof_request(u->connection->session, &keys);
	buf_clear(&keys);
	u->phase = PHASE_PROVING;
	loop_timer_set(u->timer, PATIENCE_MS);
}

static void
step_waiting(struct host_key_update *u)
{
	struct connection *c = u->connection;
	struct err e = { .kind = ERR_NONE };
	const char *why = NULL;
	struct wire told;

	if (!host_proof_offered(c->session, &told))
		return;
	u->phase = PHASE_OVER;
	if (key_update_take(&u->keys, &told, c->target->host_keys, &e) != 0) {
		log_error("UpdateHostKeys: %s", e.text);
		return;
	}
	load_again(c);
	switch (key_update_judge(&u->keys, c->known_hosts, c->target->title,
				 c->checks_ip ? c->address : NULL, &why)) {
	case KEY_UPDATE_NOTHING:
	case KEY_UPDATE_MANUAL:
		log_debug("UpdateHostKeys: %s", why);
		break;
	case KEY_UPDATE_REMOVE:
		propose(u);
		break;
	case KEY_UPDATE_PROVE:
		ask_for_proof(u);
		break;
	}
}

/* Returns 0, or -1 with e set if one of the keys is not the host's. */
static int
check_proofs(struct host_key_update *u, struct wire *proofs, struct err *e)
{
	const struct connection *c = u->connection;

	for (size_t i = 0; i < u->keys.n_items; i++) {
		struct key_update_item *item = &u->keys.items[i];
		struct buf claim = BUF_INIT;
		struct wire signature, data;
		int rc;

		if (!item->is_new)
			continue;
		if (wire_get_wire(proofs, &signature) != 0)
			return err_set(e, ERR_PROTOCOL, "a proof is missing");
		host_proof_put_claim(c->session, item->key->blob,
				     item->key->len, &claim);
		wire_init(&data, claim.data, claim.len);
		rc = key_update_prove(item, &data, &signature,
				      c->target->host_keys, e);
		buf_clear(&claim);
		if (rc < 0)
			return err_wrap(e,
					"server gave bad signature for key "
					"%zu",
					i);
	}
	return 0;
}

static void
step_proving(struct host_key_update *u)
{
	struct err e = { .kind = ERR_NONE };
	struct wire proofs;
	enum step step = host_proof_result(u->connection->session, &proofs);

	if (step == STEP_AGAIN)
		return;
	u->phase = PHASE_OVER;
	if (step == STEP_FAIL)
		log_error("Server failed to confirm ownership of private host "
			  "keys");
	else if (check_proofs(u, &proofs, &e) != 0)
		log_error("UpdateHostKeys: %s", e.text);
	else
		propose(u);
}

void
host_key_update_step(struct host_key_update *u)
{
	if (u == NULL)
		return;
	if (u->phase == PHASE_WAITING)
		step_waiting(u);
	if (u->phase == PHASE_PROVING)
		step_proving(u);
	if (u->phase == PHASE_ASKING)
		step_asking(u);
}
