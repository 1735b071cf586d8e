/*
 * conf - what the user asked for: from argv, -o and the ssh_config files.
 *
 * Every keyword is one row of a table (conf/table.c); reading, defaults and the
 * -G dump follow from the row. So is every option letter (conf/letters.c). The
 * first value given for a keyword wins, so the order of calls is: conf_init,
 * conf_parse_argv, conf_load, conf_finish. Nothing here opens a connection,
 * asks or prints.
 *
 * One field per keyword, named after it. A value "none" is NULL, or an empty
 * list, once conf_finish() has seen it. Text is as the user wrote it until
 * conf_finish() replaces %-tokens and ${VARIABLES} in some values (see
 * settle_values()); in others whoever uses them calls tokens_expand().
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/forward_spec.h"
#include "base/log.h"
#include "base/strv.h"
#include "conf/history.h"
#include "conf/spec.h"

struct err;

/* What the command line asks for. */
enum conf_action {
	CONF_ACTION_CONNECT,
	CONF_ACTION_DUMP,      /* -G: conf_dump() after conf_finish() */
	CONF_ACTION_EXPLAIN,   /* --explain: the same, with its history */
	CONF_ACTION_VERSION,   /* -V: conf_version_text(), exit 0 */
	CONF_ACTION_QUERY,     /* -Q: query */
	CONF_ACTION_LIST_KEYS, /* -Z */
};

enum conf_strict {
	CONF_STRICT_ASK,
	CONF_STRICT_ACCEPT_NEW,
	CONF_STRICT_YES,
	CONF_STRICT_NO, /* "no" and "off" */
};

enum conf_request_tty {
	CONF_REQUEST_TTY_AUTO,
	CONF_REQUEST_TTY_NO,
	CONF_REQUEST_TTY_YES,
	CONF_REQUEST_TTY_FORCE,
};

enum conf_session {
	CONF_SESSION_DEFAULT,
	CONF_SESSION_SUBSYSTEM,
	CONF_SESSION_NONE,
};

/* FingerprintHash; in the order of enum key_hash */
enum conf_hash {
	CONF_HASH_SHA256,
	CONF_HASH_MD5,
	CONF_HASH_SHA1,
	CONF_HASH_SHA384,
	CONF_HASH_SHA512,
};

/* VerifyHostKeyDNS, UpdateHostKeys */
enum conf_no_yes_ask { CONF_NO, CONF_YES, CONF_ASK };

enum conf_pubkey {
	CONF_PUBKEY_NO,
	CONF_PUBKEY_YES,
	CONF_PUBKEY_UNBOUND,
	CONF_PUBKEY_HOST_BOUND,
};

enum conf_add_keys {
	CONF_ADD_KEYS_NO,
	CONF_ADD_KEYS_YES,
	CONF_ADD_KEYS_ASK,
	CONF_ADD_KEYS_CONFIRM,
};

enum conf_control {
	CONF_CONTROL_NO,
	CONF_CONTROL_YES,
	CONF_CONTROL_AUTO,
	CONF_CONTROL_ASK,
	CONF_CONTROL_AUTO_ASK,
};

enum conf_canonicalize {
	CONF_CANONICALIZE_NO,
	CONF_CANONICALIZE_YES,
	CONF_CANONICALIZE_ALWAYS,
};

enum conf_tunnel {
	CONF_TUNNEL_NO,
	CONF_TUNNEL_POINT_TO_POINT,
	CONF_TUNNEL_ETHERNET,
};

enum conf_weak { CONF_WEAK_NO, CONF_WEAK_YES, CONF_WEAK_NO_PQ_KEX };

enum conf_link { CONF_LINK_NO, CONF_LINK_YES, CONF_LINK_TITLE };

/* Reconnect: what is no number of seconds. */
enum conf_reconnect {
	CONF_RECONNECT_NO = 0,
	CONF_RECONNECT_ALWAYS = -1,
};

enum conf_fallback { CONF_FALLBACK_NO, CONF_FALLBACK_YES, CONF_FALLBACK_PUSH };

enum conf_engine { CONF_ENGINE_NATIVE, CONF_ENGINE_LIBSSH2 };

#define CONF_DEFAULT_PORT 22

#define CONF_MAX_ROWS 192

struct conf {
	/* The command line. */
	struct strv words; /* all of it */
	enum conf_action action;
	char *host;         /* the destination's host as typed */
	char *command_text; /* what follows it, with blanks; NULL: nothing */
	char *config_file;  /* -F; NULL: the usual files; "none" */
	char *log_file;     /* -E */
	char *query;        /* -Q */
	char *mux_command;  /* -O */
	struct forward_spec *stdio_forward; /* -W */
	bool use_syslog;                    /* -y */

	/* Where to. */
	char *tag;
	char *ignore_unknown;
	char *host_name; /* after conf_finish() never NULL: host if unset */
	char *user;      /* after conf_finish() never NULL */
	int port;
	int address_family; /* AF_UNSPEC, AF_INET, AF_INET6 */
	char *bind_address;
	char *bind_interface;
	int connect_timeout; /* seconds; 0: none */
	int connection_attempts;
	int canonicalize_hostname; /* enum conf_canonicalize */
	struct strv canonical_domains;
	int canonicalize_max_dots;
	bool canonicalize_fallback_local;
	struct strv canonicalize_permitted_cnames;
	char *host_key_alias; /* after conf_finish() in lower case */
	bool check_host_ip;
	int ip_qos_interactive; /* IP_TOS byte, or SCALAR_DSCP_NONE */
	int ip_qos_bulk;
	bool tcp_keep_alive;
	char *version_addendum;
	char *refuse_connection;

	/* Identities. */
	struct strv identity_file;
	bool identity_file_is_default; /* nobody named one */
	bool identities_only;
	char *identity_agent;       /* NULL: none is used */
	int add_keys_to_agent;      /* enum conf_add_keys */
	int add_keys_to_agent_life; /* seconds; 0: no limit */
	struct strv certificate_file;
	char *pkcs11_provider;
	char *security_key_provider;
	bool enable_ssh_keysign;

	/* Logging in. */
	char *preferred_authentications; /* NULL: the usual order */
	int pubkey_authentication;       /* enum conf_pubkey; 0 is no */
	bool password_authentication;
	bool kbd_interactive_authentication;
	char *kbd_interactive_devices;
	bool hostbased_authentication;
	bool gssapi_authentication;
	bool gssapi_delegate_credentials;
	int number_of_password_prompts;
	bool batch_mode;
	bool no_host_authentication_for_localhost;

	/* Algorithms: lists as written, with their + - ^ prefix; NULL: ours. */
	char *pubkey_accepted_algorithms;
	char *host_key_algorithms;
	char *kex_algorithms;
	char *ciphers;
	char *macs;
	char *ca_signature_algorithms;
	char *hostbased_accepted_algorithms;
	int required_rsa_size;
	int64_t rekey_limit;  /* bytes; 0: the cipher's own limit */
	int rekey_limit_time; /* seconds; 0: none */
	bool has_rekey_limit; /* what lines have given of the two so far */
	bool has_rekey_limit_time;
	bool compression;
	int warn_weak_crypto; /* enum conf_weak */

	/* Host keys. */
	int strict_host_key_checking; /* enum conf_strict */
	struct strv user_known_hosts_file;
	struct strv global_known_hosts_file;
	bool hash_known_hosts;
	char *known_hosts_command;
	int update_host_keys;          /* enum conf_no_yes_ask */
	struct strv revoked_host_keys; /* file names */
	int verify_host_key_dns;       /* enum conf_no_yes_ask */
	bool visual_host_key;
	int fingerprint_hash; /* enum conf_hash */

	/* The session. */
	int request_tty;      /* enum conf_request_tty */
	struct strv send_env; /* patterns */
	struct strv set_env;  /* NAME=value */
	enum log_level log_level;
	struct strv log_verbose;
	char *remote_command;
	int session_type; /* enum conf_session */
	bool stdin_null;
	int escape_char; /* or SCALAR_ESCAPE_NONE */
	bool enable_escape_commandline;
	char *local_command;
	bool permit_local_command;
	int syslog_facility; /* of syslog(3) */
	bool fork_after_authentication;
	int obscure_keystroke_timing; /* milliseconds; 0: off */
	struct strv channel_timeout;

	/* hawser's own. */
	int link_notice; /* enum conf_link */
	char *record_session;
	bool record_input;
	int term_fallback; /* enum conf_fallback */
	bool forward_agent_confirm;
	int engine; /* enum conf_engine */
	bool identity_memory;
	struct strv jump_identity_file;
	bool fast_open;
	char *fast_open_exceptions; /* NULL: nothing is remembered */
	bool fast_open_tcp;
	int64_t channel_window_max; /* bytes */

	/* Forwarding. */
	bool forward_agent;
	char *forward_agent_path; /* ForwardAgent with a path or $VARIABLE */
	bool forward_x11;
	bool forward_x11_trusted;
	int forward_x11_timeout; /* seconds */
	char *xauth_location;
	struct forward_specs local_forward;
	struct forward_specs remote_forward; /* of both remote kinds */
	struct forward_specs dynamic_forward;
	bool exit_on_forward_failure;
	bool gateway_ports;
	struct strv permit_remote_open;
	bool clear_all_forwardings;
	int stream_local_bind_mask;
	bool stream_local_bind_unlink;
	int tunnel; /* enum conf_tunnel */
	int tunnel_device_local;
	int tunnel_device_remote;

	/* Proxies and sharing. */
	struct spec_hops proxy_jump; /* none: no items */
	char *proxy_command;
	bool proxy_use_fdpass;
	int control_master; /* enum conf_control */
	char *control_path;
	bool control_persist;
	int control_persist_timeout; /* seconds; 0: for ever */

	/* Liveness. */
	int server_alive_interval; /* seconds; 0: off */
	int server_alive_count_max;

	/* Tunnels that hold, and deadlines; hawser's own. */
	int reconnect; /* seconds, or enum conf_reconnect */
	bool reconnect_first;
	int reconnect_delay_min_ms, reconnect_delay_max_ms;
	int reconnect_hold; /* seconds */
	bool reconnect_keep_secrets;
	bool take_over_listener;
	int check_forwards; /* seconds; 0: off */
	int ready_fd;       /* -1: none */
	char *events_file, *status_file, *pid_file;
	int command_timeout; /* seconds; 0: none */
	int command_grace;   /* seconds */
	int exit_grace;      /* seconds; -1: wait as ssh does */

	/* conf_finish() has settled where to go, and as whom. */
	bool is_finished;

	/* What Host and Match lines name, with the patterns among it. */
	struct strv host_patterns;

	/* Who runs commands and looks up names for the files; borrowed, may be
	 * NULL, and goes to every conf that is made from this one. */
	const struct conf_outside *outside;
	/* The files are read a second time with the host's final name, if they
	 * ask for that: the name then, else NULL. */
	char *canonical_host;
	bool wants_second_reading;

	/* What to tell the user: whole sentences, in the order they arose. */
	struct strv warnings; /* to stderr, whatever the log level */
	struct strv errors;   /* log_error() each, before a returned error */

	/* By row: who gave the value (enum conf_source). */
	unsigned char given[CONF_MAX_ROWS];
	/* From where, and what came too late. */
	struct history history;
};

enum conf_source { CONF_FROM_DEFAULT, CONF_FROM_ARGV, CONF_FROM_FILE };

struct conf_name {
	const char *name;
	int family;   /* AF_UNSPEC, AF_INET, AF_INET6 */
	int patience; /* as below */
};

/* What files may ask of the world. Whoever waits there does so for so many
 * seconds at most; 0: for as long as he thinks fit. */
struct conf_outside {
	/* The exit status of a command for the user's shell, which neither
	 * reads nor shows anything, but errors; or -1 with e (ERR_LOCAL). */
	int (*run)(const char *command, int patience, struct err *e);
	/* Does the name exist? 0, and *ret_canonical is the one behind it,
	 * owned by the caller, or NULL; or a code of getaddrinfo(). */
	int (*look_up)(const struct conf_name *query, char **ret_canonical);
};

/* Nothing is set. Release it with conf_clear(). */
void conf_init(struct conf *c);

/* The descriptor that EventsFile names; -1: it names a file, or there is none.
 * For who is done with conf_finish(). */
int conf_events_fd(const struct conf *c);

/* Free what c owns; c may then be passed to conf_init() again. */
void conf_clear(struct conf *c);

/*
 * Take over the words of a command line (argv[0] is the program). On failure
 * e is of kind ERR_USAGE, its text to be printed on stderr as it is (one or
 * more lines, each with its newline, whatever LogLevel says), or of kind
 * ERR_CONF, to be logged after c->errors. Check c->action afterwards: for -V
 * and -Q what follows the letter was not looked at, and there is no host.
 */
int conf_parse_argv(struct conf *c, int argc, char **argv, struct err *e);

/* "keyword=value" or "keyword value", as after -o. */
int conf_set(struct conf *c, const char *text, struct err *e);

/*
 * Read the files that c asks for: the one of -F, or the user's two and the
 * system's two; and again, if something in them depends on what they come to.
 * All faults of a file are in c->errors when this fails.
 */
int conf_load(struct conf *c, struct err *e);

/*
 * The configuration of another host by the same command line, such as a member
 * of a fleet: what from was given counts again, with destination (as it would
 * be typed) in place of its own, and the files are read anew. Both of these
 * take a from that conf_parse_argv() began and conf_finish() was content with.
 * ret is initialised here, and to be cleared by the caller also on failure;
 * what there is to tell is in its warnings and errors, as usual.
 */
int conf_for_host(const struct conf *from, const char *destination,
		  struct conf *ret, struct err *e);

/*
 * The configuration of the host through which from's is reached, the last of
 * its jump hosts: there must be one. As with ssh, which starts itself for it,
 * only -F, -v, the hops before it, and the user and port it was named with are
 * passed on: neither -o nor -i. But what JumpIdentityFile names is as if it
 * were given with -i. It has no session, and nothing is forwarded but one
 * channel, stdio_forward, to from's host.
 */
int conf_for_hop(const struct conf *from, struct conf *ret, struct err *e);

enum conf_file_kind {
	CONF_FILE_NAMED,  /* -F: must exist */
	CONF_FILE_USER,   /* owner and mode are checked */
	CONF_FILE_SYSTEM, /* Include is relative to /etc/ssh */
};

/* Read one file; an absent one is no fault unless it was named. */
int conf_load_file(struct conf *c, const char *path, enum conf_file_kind kind,
		   struct err *e);

/* Read len bytes of text as if they were a user file called name. */
int conf_load_text(struct conf *c, const char *text, size_t len,
		   const char *name, struct err *e);

/* Fill in the defaults and check what depends on several keywords. */
int conf_finish(struct conf *c, struct err *e);

/*
 * Fails (ERR_UNSUPPORTED) if something was asked for that is not built yet and
 * that cannot be left out without changing what the user gets. Other such
 * things leave a debug line.
 */
int conf_unsupported(const struct conf *c, struct err *e);

/* Write the effective configuration as "keyword value" lines (-G), for
 * --explain with a comment behind each that says where the value is from, and a
 * comment for each line that came too late. */
void conf_dump(const struct conf *c, FILE *out);

/* The usage text, with its final newline; the caller frees it. */
char *conf_usage(void);

/* "hawser_1.0, libssh2 1.11.1, OpenSSL 3.0.0" for -V; the caller frees it. */
char *conf_version_text(const char *libssh2, const char *openssl);

#endif
