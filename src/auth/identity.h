/*
 * identity - the keys that could be offered to a server: where each came
 * from, in which order they are tried, and what became of each.
 *
 * Only public halves are gathered here; private key files are opened when a
 * server has accepted the public half.
 */
#ifndef AUTH_IDENTITY_H
#define AUTH_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strv.h"

struct agent_keys;
struct key;
struct private_key;

enum identity_fate {
	IDENTITY_UNTRIED,
	IDENTITY_ABSENT,      /* no such file */
	IDENTITY_UNREADABLE,  /* detail says why */
	IDENTITY_EXPOSED,     /* others can read the file */
	IDENTITY_EXCLUDED,    /* in the agent, but IdentitiesOnly */
	IDENTITY_NOT_ALLOWED, /* PubkeyAcceptedAlgorithms */
	IDENTITY_OFFERED,     /* the connection ended without an answer */
	IDENTITY_SIGNED,      /* the same, to a signature */
	IDENTITY_TOO_SMALL,   /* RequiredRSASize */
	IDENTITY_NO_PROVIDER, /* SecurityKeyProvider */
	IDENTITY_REFUSED,     /* the server does not want it */
	IDENTITY_NO_PASSPHRASE,
	IDENTITY_WRONG_PASSPHRASE,
	IDENTITY_CANNOT_SIGN,   /* detail says why */
	IDENTITY_BAD_SIGNATURE, /* accepted, but the signature was refused */
	IDENTITY_PARTIAL,       /* accepted; the server wanted more */
	IDENTITY_ACCEPTED,
};

/* How far its way into the agent is (AddKeysToAgent). */
enum identity_addition {
	ADDITION_NONE,
	ADDITION_ASKING,
	ADDITION_KEY,
	ADDITION_CERTIFICATE,
	ADDITION_OVER,
};

struct identity {
	struct key *key; /* public half or certificate; NULL if unknown yet */
	char *path;      /* of the private key file; NULL: only in the agent */
	char *comment;   /* of an agent key; the file of a named certificate */
	struct key *agent_key; /* to ask the agent with; NULL: not in it. For
				  a certificate it may be the plain key */
	struct key *token_key; /* to ask the token with; NULL: not in one */
	char *token;      /* that one's name; NULL: it takes no PIN from us */
	bool is_explicit; /* the user named it */
	const struct private_key *private; /* the keyring's, once needed */
	enum identity_addition addition;
	enum identity_fate fate;
	char *detail; /* or NULL */
};

struct identities {
	struct identity *items; /* in the order to try */
	size_t len;
};

struct identity_params {
	const struct strv *files; /* IdentityFile, expanded */
	bool files_are_default;
	const struct strv *certificates; /* CertificateFile, expanded */
	bool only_these;                 /* IdentitiesOnly */
	int rsa_bits;                    /* RequiredRSASize */
	const struct agent_keys *tokens; /* PKCS11Provider's; NULL: none */
};

/*
 * Gather everything in ssh's order: the certificates of CertificateFile; what
 * the agent holds of the identity files, in the agent's order; what else it
 * holds; the keys of tokens, those that files name first; the other files, each
 * followed by the certificate beside it.
 * agent_keys may be NULL. ret_list is owned by the caller.
 */
void identities_gather(const struct identity_params *p,
		       const struct agent_keys *agent_keys,
		       struct identities *ret_list);

void identities_clear(struct identities *list);

/*
 * Move the identity with this fingerprint (SHA256) forward, past others that
 * the user did not name: those are tried when ssh would.
 */
void identities_prefer(struct identities *list, const char *fingerprint);

/* Note what happened; detail (copied) may be NULL. */
void identity_set_fate(struct identity *id, enum identity_fate fate,
		       const char *detail);

/* Is it an RSA key of fewer bits than are required? */
bool identity_is_too_small(const struct identity_params *p,
			   const struct key *key);

/* One line per identity that was considered, for the user who was refused. */
void identities_report(const struct identities *list, struct strv *lines);

/* How many have met it? */
size_t identities_count(const struct identities *list, enum identity_fate fate);

/* What ssh calls an identity in its debug lines: the file or the agent's
 * comment. Borrowed; not yet made visible. */
const char *identity_name(const struct identity *id);

/* All of what ssh tells of an identity in its debug lines: name, type,
 * fingerprint, and where it is from. Owned by the caller. */
char *identity_describe(const struct identity *id);

#endif
