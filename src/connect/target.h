/*
 * target - where a connection is to go: what the configuration says of one
 * host, turned into names, paths and lists; and what is known of the server,
 * from earlier connections and from attempts at this one. It outlives each
 * attempt.
 */
#ifndef CONNECT_TARGET_H
#define CONNECT_TARGET_H

#include <stdbool.h>

#include "base/strv.h"
#include "connect/memory.h"
#include "ssh/session.h"

struct conf;
struct err;
struct keyring;

struct target {
	const struct conf *conf;
	char *host;      /* HostName, lower case */
	char *title;     /* its name in known_hosts: alias, [host]:port */
	bool is_proxied; /* reached through a program or other hosts: it has no
			    address that would mean something here */
	struct strv identity_files, certificate_files;
	struct strv global_known_hosts;
	char *agent_path;                  /* NULL: none */
	const char *security_key_provider; /* borrowed; NULL: none */
	struct keyring *keyring; /* what was read of the identity files */
	char *identification;    /* what we call ourselves (RFC 4253 4.2) */
	enum session_engine engine;
	char *kex, *host_keys, *ciphers, *macs, *signatures, *ca_signatures;
	char *host_signatures; /* for hostbased */

	/* FastOpen */
	char *exceptions_path; /* FastOpenExceptions; NULL: none */
	char *memory_path;     /* IdentityMemory; NULL: none */
	char *memory_name;     /* who and where, in it */
	struct memory memory;  /* what is known of the server */
	bool is_careful;       /* take no step before its time */
	bool has_one_try;      /* nor one that the server may not like: a
				  ProxyCommand is run once */
	bool has_misguessed;   /* the first key exchange failed, perhaps
				  because of a wrong guess */
	const char *offence;   /* what the server did about such a step; static,
				  or NULL */
	bool has_warned;       /* WarnWeakCrypto */
};

/* From a configuration, which must outlive the target. Returns 0, or -1 with e
 * set (ERR_CONF); either way target_clear() is due. */
int target_init(struct target *t, const struct conf *conf, struct err *e);
void target_clear(struct target *t);

/* Read no identity file again that was read for the other one, which is on the
 * way to the same place. */
void target_share_keys(struct target *t, const struct target *other);

/* Everybody is logged in: wipe the keys that were read, the shared ones, too.
 */
void target_forget_keys(struct target *t);

#endif
