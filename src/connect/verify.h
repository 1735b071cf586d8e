/*
 * verify - what connection_verify() is made of: the words about host keys,
 * which people know and scripts match, and the verdict on a certificate.
 * The order is verify.c's; deciding is verify_known.c's and verify_cert.c's;
 * wording is verify_text.c's.
 */
#ifndef CONNECT_VERIFY_H
#define CONNECT_VERIFY_H

#include <stdbool.h>

#include <stddef.h>

#include "base/step.h"
#include "connect/decision.h"
#include "trust/known_hosts.h"

struct connection;
struct hosts_command;

/* A decision on its way. */
struct verify {
	size_t n_done;                 /* checks */
	bool is_in_dns;                /* its fingerprint */
	bool is_settled;               /* the rest need not be done */
	struct hosts_command *command; /* while it runs; or NULL */

	/* of the plain key */
	struct host_findings findings;
	struct decision decision;
	const struct known_hosts_entry *host_entry, *ip_entry;
	char *question; /* about it, or about the address; or NULL */
	bool is_again;  /* the last answer was none */
};

void verify_free(struct verify *v); /* NULL is fine */

/* Log the server's key, and what its certificate says, for -v. */
void verify_log_key(const struct connection *c);

/* Log the fingerprint and the picture of the host key. */
void verify_show_art(const struct connection *c);

/* The question about a new host key; owned by the caller. */
char *verify_question(const struct connection *c);

void verify_warn_revoked(const struct connection *c);
void verify_warn_changed(const struct connection *c,
			 const struct known_hosts_entry *offending);
void verify_warn_dns(const struct connection *c);
void verify_warn_spoofing(const struct connection *c,
			  enum known_hosts_verdict ip,
			  const struct known_hosts_entry *ip_entry);

/* The warning that the address is known with another key; owned. */
char *verify_address_warning(const struct connection *c,
			     const struct known_hosts_entry *ip_entry,
			     const struct known_hosts_entry *host_entry);

/* Does the host's certificate make it the one that it should be? What speaks
 * against it was said. A revoked key is not the question here. */
bool verify_certificate(const struct connection *c);

/* Go on with the key that is in the certificate, which is worth nothing. */
void verify_drop_certificate(struct connection *c);

/* Does this RevokedHostKeys file forbid the key? Says so if it does, or if
 * the file is of no use. */
bool verify_revoked_by(const struct connection *c, const char *file);

/* VerifyHostKeyDNS: ask for the fingerprints before the key is there, and judge
 * the key by them when it is. */
void verify_ask_dns(struct connection *c);
enum step verify_by_dns(struct connection *c);

/* What becomes of the plain key under the host's name, and under its address?
 * STEP_FAIL: it is refused. */
enum step verify_known_host(struct connection *c);
enum step verify_known_address(struct connection *c);

/* Write the new key down, under the address too if has_address; failing to is
 * only a warning. */
void verify_record(struct connection *c, bool has_address);

/* The host is known, but not under its address yet. */
void verify_record_address(struct connection *c);

#endif
