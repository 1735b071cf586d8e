/*
 * known_hosts - the files that say which key belongs to which host (sshd(8),
 * SSH_KNOWN_HOSTS FILE FORMAT): names plain, hashed, with patterns and
 * negation, [host]:port, @revoked and @cert-authority.
 *
 * Gives verdicts and appends lines; it never asks and never prints. A line
 * that cannot be understood is skipped (with a debug message), as ssh does.
 * Entries are borrowed until the next one is added.
 */
#ifndef TRUST_KNOWN_HOSTS_H
#define TRUST_KNOWN_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strv.h"

struct buf;
struct err;
struct key;
struct known_hosts;

enum known_hosts_marker {
	KNOWN_HOSTS_PLAIN,
	KNOWN_HOSTS_CA,      /* @cert-authority */
	KNOWN_HOSTS_REVOKED, /* @revoked */
};

struct known_hosts_entry {
	char *path;         /* of the file */
	unsigned long line; /* first line is 1 */
	enum known_hosts_marker marker;
	char *names; /* as in the file: a pattern list or one hashed name */
	struct key *key;
	bool is_global;
	char *about; /* the only name that it speaks about: a command was asked
			for it; NULL: it is from a file */
};

struct known_hosts *known_hosts_new(void);
void known_hosts_free(struct known_hosts *kh);

/*
 * Add the entries of a file. An absent file is no error. Returns 0, or -1
 * with e set when it exists but cannot be read. is_global marks the entries
 * as coming from a GlobalKnownHostsFile.
 */
int known_hosts_load(struct known_hosts *kh, const char *path, bool is_global,
		     struct err *e);

/* Add one line of text; 0 if it was an entry or empty, -1 if malformed. */
int known_hosts_add_line(struct known_hosts *kh, const char *text,
			 const char *path, unsigned long line, bool is_global);

/*
 * Add the lines that a command has printed (KnownHostsCommand) when it was
 * asked for the name searched: those that match it, as ones that speak about
 * the name about. source stands for the file, and they count as global. text is
 * cut into lines on the way.
 */
void known_hosts_add_answer(struct known_hosts *kh, struct buf *text,
			    const char *source, const char *searched,
			    const char *about);

/* Forget whatever commands have said. */
void known_hosts_forget_answers(struct known_hosts *kh);

/* "host" for port 22, else "[host]:port"; lower case. The caller frees it. */
char *known_hosts_name(const char *host, int port);

/* Does the entry speak about this name (as made by known_hosts_name())? */
bool known_hosts_entry_matches(const struct known_hosts_entry *entry,
			       const char *name);

enum known_hosts_verdict {
	KNOWN_HOSTS_MATCH,   /* this key is known for the name */
	KNOWN_HOSTS_NEW,     /* no key is known for the name */
	KNOWN_HOSTS_CHANGED, /* only other keys are known, of this type or not
			      */
	KNOWN_HOSTS_IS_REVOKED, /* a @revoked entry has this key, or the
				   authority behind it */
};

/*
 * The verdict on a host key for one name. *ret_entry (may be NULL) is
 * the entry that decided (borrowed), NULL for KNOWN_HOSTS_NEW; with several
 * other keys it is the last of them, of whatever type, as in ssh's "Offending
 * key" line. @revoked wins over everything, then a match. For a certificate
 * only the @cert-authority entries count: KNOWN_HOSTS_MATCH if one of them has
 * its authority, else KNOWN_HOSTS_NEW; they never match a plain key. What the
 * certificate says is not looked at.
 */
enum known_hosts_verdict
known_hosts_check(const struct known_hosts *kh, const char *name,
		  const struct key *key,
		  const struct known_hosts_entry **ret_entry);

/* The n-th entry (from 0) that matches name, or NULL: for the lists in ssh's
 * warnings and for ordering host key algorithms. Borrowed. */
const struct known_hosts_entry *known_hosts_find(const struct known_hosts *kh,
						 const char *name, size_t n);

/* The n-th entry of all (from 0), or NULL. Borrowed. */
const struct known_hosts_entry *known_hosts_get(const struct known_hosts *kh,
						size_t n);

/*
 * Append one line "names type base64" for the given names (each as made by
 * known_hosts_name(); one that would read as something else, with a blank or
 * a wildcard in it, is an error unless hashed). With hashed set each name gets
 * a line of its own with a salted HMAC-SHA1 hash, as HashKnownHosts asks.
 * Creates the file (0600) if absent, and ~/.ssh (0700) if that is its
 * directory; otherwise only ever appends: everything in one write (see
 * append_lines()), after adding a newline if the file did not end with one; the
 * file's mode is kept. Returns 0, or -1 with e set (ERR_LOCAL).
 */
int known_hosts_append(const char *path, const struct strv *names,
		       const struct key *key, bool hashed, struct err *e);

/* Append those lines to a buf. Returns 0, or -1 with e set (ERR_LOCAL). */
int known_hosts_put(struct buf *lines, const struct strv *names,
		    const struct key *key, bool hashed, struct err *e);

/*
 * RevokedHostKeys: is the key in the file at path, a list of public keys or a
 * KRL? Returns 1 revoked, 0 not, -1 with e set when the file cannot be read or
 * understood (the caller must then refuse the host, as ssh does).
 */
int known_hosts_revoked_file(const char *path, const struct key *key,
			     struct err *e);

#endif
