#include "conf/table.h"

#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <syslog.h>

#include "conf/conf.h"
#include "conf/special.h"

static const struct choice flag_choices[] = {
	{ "true", CONF_YES }, { "false", CONF_NO }, { "yes", CONF_YES },
	{ "no", CONF_NO },    { NULL, 0 },
};

static const struct choice plain_choices[] = {
	{ "yes", true },
	{ "no", false },
	{ NULL, 0 },
};

static const struct choice ask_choices[] = {
	{ "true", CONF_YES }, { "false", CONF_NO }, { "yes", CONF_YES },
	{ "no", CONF_NO },    { "ask", CONF_ASK },  { NULL, 0 },
};

static const struct choice add_keys_choices[] = {
	{ "yes", CONF_ADD_KEYS_YES },
	{ "no", CONF_ADD_KEYS_NO },
	{ "ask", CONF_ADD_KEYS_ASK },
	{ "confirm", CONF_ADD_KEYS_CONFIRM },
	{ NULL, 0 },
};

static const struct choice strict_choices[] = {
	{ "true", CONF_STRICT_YES },
	{ "false", CONF_STRICT_NO },
	{ "yes", CONF_STRICT_YES },
	{ "no", CONF_STRICT_NO },
	{ "ask", CONF_STRICT_ASK },
	{ "off", CONF_STRICT_NO },
	{ "accept-new", CONF_STRICT_ACCEPT_NEW },
	{ NULL, 0 },
};

static const struct choice family_choices[] = {
	{ "inet", AF_INET },
	{ "inet6", AF_INET6 },
	{ "any", AF_UNSPEC },
	{ NULL, 0 },
};

static const struct choice control_choices[] = {
	{ "true", CONF_CONTROL_YES },         { "yes", CONF_CONTROL_YES },
	{ "false", CONF_CONTROL_NO },         { "no", CONF_CONTROL_NO },
	{ "auto", CONF_CONTROL_AUTO },        { "ask", CONF_CONTROL_ASK },
	{ "autoask", CONF_CONTROL_AUTO_ASK }, { NULL, 0 },
};

static const struct choice tunnel_choices[] = {
	{ "ethernet", CONF_TUNNEL_ETHERNET },
	{ "point-to-point", CONF_TUNNEL_POINT_TO_POINT },
	{ "true", CONF_TUNNEL_POINT_TO_POINT },
	{ "yes", CONF_TUNNEL_POINT_TO_POINT },
	{ "false", CONF_TUNNEL_NO },
	{ "no", CONF_TUNNEL_NO },
	{ NULL, 0 },
};

static const struct choice tty_choices[] = {
	{ "true", CONF_REQUEST_TTY_YES },
	{ "yes", CONF_REQUEST_TTY_YES },
	{ "false", CONF_REQUEST_TTY_NO },
	{ "no", CONF_REQUEST_TTY_NO },
	{ "force", CONF_REQUEST_TTY_FORCE },
	{ "auto", CONF_REQUEST_TTY_AUTO },
	{ NULL, 0 },
};

static const struct choice session_choices[] = {
	{ "none", CONF_SESSION_NONE },
	{ "subsystem", CONF_SESSION_SUBSYSTEM },
	{ "default", CONF_SESSION_DEFAULT },
	{ NULL, 0 },
};

static const struct choice link_choices[] = {
	{ "no", CONF_LINK_NO },       { "yes", CONF_LINK_YES },
	{ "false", CONF_LINK_NO },    { "true", CONF_LINK_YES },
	{ "title", CONF_LINK_TITLE }, { NULL, 0 },
};

static const struct choice engine_choices[] = {
	{ "native", CONF_ENGINE_NATIVE },
	{ "libssh2", CONF_ENGINE_LIBSSH2 },
	{ NULL, 0 },
};

static const struct choice fallback_choices[] = {
	{ "no", CONF_FALLBACK_NO },     { "yes", CONF_FALLBACK_YES },
	{ "false", CONF_FALLBACK_NO },  { "true", CONF_FALLBACK_YES },
	{ "push", CONF_FALLBACK_PUSH }, { NULL, 0 },
};

static const struct choice canonicalize_choices[] = {
	{ "true", CONF_CANONICALIZE_YES },
	{ "false", CONF_CANONICALIZE_NO },
	{ "yes", CONF_CANONICALIZE_YES },
	{ "no", CONF_CANONICALIZE_NO },
	{ "always", CONF_CANONICALIZE_ALWAYS },
	{ NULL, 0 },
};

static const struct choice pubkey_choices[] = {
	{ "true", CONF_PUBKEY_YES },
	{ "false", CONF_PUBKEY_NO },
	{ "yes", CONF_PUBKEY_YES },
	{ "no", CONF_PUBKEY_NO },
	{ "unbound", CONF_PUBKEY_UNBOUND },
	{ "host-bound", CONF_PUBKEY_HOST_BOUND },
	{ NULL, 0 },
};

static const struct choice weak_choices[] = {
	{ "yes", CONF_WEAK_YES },
	{ "no", CONF_WEAK_NO },
	{ "true", CONF_WEAK_YES },
	{ "false", CONF_WEAK_NO },
	{ "no-pq-kex", CONF_WEAK_NO_PQ_KEX },
	{ NULL, 0 },
};

static const struct choice hash_choices[] = {
	{ "SHA256", CONF_HASH_SHA256 }, { "MD5", CONF_HASH_MD5 },
	{ "SHA1", CONF_HASH_SHA1 },     { "SHA384", CONF_HASH_SHA384 },
	{ "SHA512", CONF_HASH_SHA512 }, { NULL, 0 },
};

static const struct choice level_choices[] = {
	{ "SILENT", LOG_LEVEL_QUIET },
	{ "QUIET", LOG_LEVEL_QUIET },
	{ "FATAL", LOG_LEVEL_FATAL },
	{ "ERROR", LOG_LEVEL_ERROR },
	{ "INFO", LOG_LEVEL_INFO },
	{ "VERBOSE", LOG_LEVEL_VERBOSE },
	{ "DEBUG", LOG_LEVEL_DEBUG1 },
	{ "DEBUG1", LOG_LEVEL_DEBUG1 },
	{ "DEBUG2", LOG_LEVEL_DEBUG2 },
	{ "DEBUG3", LOG_LEVEL_DEBUG3 },
	{ NULL, 0 },
};

static const struct choice facility_choices[] = {
	{ "DAEMON", LOG_DAEMON },
	{ "USER", LOG_USER },
	{ "AUTH", LOG_AUTH },
	{ "AUTHPRIV", LOG_AUTHPRIV },
	{ "LOCAL0", LOG_LOCAL0 },
	{ "LOCAL1", LOG_LOCAL1 },
	{ "LOCAL2", LOG_LOCAL2 },
	{ "LOCAL3", LOG_LOCAL3 },
	{ "LOCAL4", LOG_LOCAL4 },
	{ "LOCAL5", LOG_LOCAL5 },
	{ "LOCAL6", LOG_LOCAL6 },
	{ "LOCAL7", LOG_LOCAL7 },
	{ NULL, 0 },
};

/* clang-format off */
#define ROW(n, t, h, f, p) \
	.name = n, .type = ROW_##t, .holds = ROW_HOLDS_##h, \
	.offset = offsetof(struct conf, f), .preset = p
#define FLAG(n, f, p)	ROW(n, FLAG, PLAIN, f, p), .choices = flag_choices
#define CHOICE(n, f, p, c)	ROW(n, CHOICE, PLAIN, f, p), .choices = c
#define NUMBER(n, f, p)	ROW(n, NUMBER, PLAIN, f, p)
#define TIME(n, f, p)	ROW(n, TIME, PLAIN, f, p)
#define STRING(n, f, p)	ROW(n, STRING, TEXT, f, p)
#define COMMAND(n, f)	ROW(n, COMMAND, TEXT, f, NULL)
#define SENTENCE(n, f)	ROW(n, SENTENCE, TEXT, f, NULL)
#define NAMES(n, f, w, c)	ROW(n, ALGORITHMS, TEXT, f, NULL), \
	.names = ALGORITHM_NAMES_##w, .complaint = c
#define WORDS(n, f, p, m)	ROW(n, WORDS, LIST, f, p), .max = m
#define LIST(n, f, p, c)	ROW(n, LIST, LIST, f, p), .max = 100, \
	.complaint = c
#define SPECIAL(n, h, f, p, fn)	ROW(n, SPECIAL, h, f, p), \
	.parse = special_##fn##_parse, .print = special_##fn##_print
#define FORWARDS(n, f, k)	ROW(n, FORWARDS, FORWARDS, f, NULL), \
	.forwards = FORWARD_##k, .flags = ROW_ADDS
#define ITEMS(n, f, fn)	ROW(n, SPECIAL, LIST, f, NULL), \
	.parse = special_##fn##_parse
#define DEAD(n, t)	.name = n, .type = ROW_##t
#define ALIAS(n, p)	.name = n, .type = ROW_ALIAS, .preset = p

#define BAD_KEYS	"Bad key types"
#define DEFAULT_KEYS \
	"~/.ssh/id_rsa ~/.ssh/id_ecdsa ~/.ssh/id_ecdsa_sk " \
	"~/.ssh/id_ed25519 ~/.ssh/id_ed25519_sk ~/.ssh/id_mldsa44_ed25519"

static const struct row rows[] = {
	/* Which lines count. */
	{ DEAD("Host", BLOCK) },
	{ DEAD("Match", BLOCK) },
	{ DEAD("Include", BLOCK) },
	{ STRING("Tag", tag, NULL) },
	{ STRING("IgnoreUnknown", ignore_unknown, NULL) },

	/* Where to. */
	{ STRING("User", user, NULL) },
	{ STRING("HostName", host_name, NULL) },
	{ SPECIAL("Port", PLAIN, port, "22", port) },
	{ CHOICE("AddressFamily", address_family, "any", family_choices) },
	{ STRING("BindAddress", bind_address, NULL) },
	{ STRING("BindInterface", bind_interface, NULL) },
	{ TIME("ConnectTimeout", connect_timeout, "none") },
	{ NUMBER("ConnectionAttempts", connection_attempts, "1") },
	{ CHOICE("CanonicalizeHostname", canonicalize_hostname, "no",
		 canonicalize_choices) },
	{ WORDS("CanonicalDomains", canonical_domains, NULL, 32),
	  .word = special_domain_word, .flags = ROW_ALWAYS },
	{ NUMBER("CanonicalizeMaxDots", canonicalize_max_dots, "1") },
	{ FLAG("CanonicalizeFallbackLocal", canonicalize_fallback_local,
	       "yes") },
	{ SPECIAL("CanonicalizePermittedCNAMEs", LIST,
		  canonicalize_permitted_cnames, NULL, canonical_cnames),
	  .max = 32 },
	{ STRING("HostKeyAlias", host_key_alias, NULL) },
	{ FLAG("CheckHostIP", check_host_ip, "no") },
	{ SPECIAL("IPQoS", PLAIN, ip_qos_interactive, "ef cs0", ip_qos) },
	{ FLAG("TCPKeepAlive", tcp_keep_alive, "yes") },
	{ SENTENCE("VersionAddendum", version_addendum),
	  .flags = ROW_NONE },
	{ SENTENCE("RefuseConnection", refuse_connection) },

	/* Identities. */
	{ LIST("IdentityFile", identity_file, DEFAULT_KEYS, "identity files"),
	  .flags = ROW_ADDS },
	{ FLAG("IdentitiesOnly", identities_only, "no") },
	{ SPECIAL("IdentityAgent", TEXT, identity_agent, "SSH_AUTH_SOCK",
		  identity_agent), .flags = ROW_NONE | ROW_GIVEN },
	{ SPECIAL("AddKeysToAgent", PLAIN, add_keys_to_agent, "no", add_keys),
	  .choices = add_keys_choices },
	{ LIST("CertificateFile", certificate_file, NULL, "certificate files"),
	  .flags = ROW_ADDS },
	{ STRING("PKCS11Provider", pkcs11_provider, NULL),
	  .flags = ROW_NONE },
	{ STRING("SecurityKeyProvider", security_key_provider, "internal"),
	  .flags = ROW_NONE },
	{ FLAG("EnableSSHKeysign", enable_ssh_keysign, "no") },

	/* Logging in. */
	{ STRING("PreferredAuthentications", preferred_authentications,
		 NULL) },
	{ CHOICE("PubkeyAuthentication", pubkey_authentication, "yes",
		 pubkey_choices) },
	{ FLAG("PasswordAuthentication", password_authentication, "yes") },
	{ FLAG("KbdInteractiveAuthentication", kbd_interactive_authentication,
	       "yes") },
	{ STRING("KbdInteractiveDevices", kbd_interactive_devices, NULL),
	  .flags = ROW_LATER },
	{ FLAG("HostbasedAuthentication", hostbased_authentication, "no") },
	{ FLAG("GSSAPIAuthentication", gssapi_authentication, "no") },
	{ FLAG("GSSAPIDelegateCredentials", gssapi_delegate_credentials,
	       "no") },
	{ NUMBER("NumberOfPasswordPrompts", number_of_password_prompts,
		 "3") },
	{ FLAG("BatchMode", batch_mode, "no") },
	{ FLAG("NoHostAuthenticationForLocalhost",
	       no_host_authentication_for_localhost, "no") },

	/* Algorithms. */
	{ NAMES("PubkeyAcceptedAlgorithms", pubkey_accepted_algorithms, KEY,
		BAD_KEYS) },
	{ NAMES("HostKeyAlgorithms", host_key_algorithms, KEY, BAD_KEYS) },
	{ NAMES("KexAlgorithms", kex_algorithms, KEX,
		"Bad SSH2 KexAlgorithms") },
	{ NAMES("Ciphers", ciphers, CIPHER, "Bad SSH2 cipher spec") },
	{ NAMES("MACs", macs, MAC, "Bad SSH2 MAC spec") },
	{ NAMES("CASignatureAlgorithms", ca_signature_algorithms, KEY,
		BAD_KEYS) },
	{ NAMES("HostbasedAcceptedAlgorithms", hostbased_accepted_algorithms,
		KEY, BAD_KEYS) },
	{ NUMBER("RequiredRSASize", required_rsa_size, "1024") },
	{ SPECIAL("RekeyLimit", PLAIN, rekey_limit, "default none",
		  rekey_limit), .flags = ROW_ADDS },
	{ ROW("Compression", FLAG, PLAIN, compression, "no"),
	  .choices = plain_choices },
	{ CHOICE("WarnWeakCrypto", warn_weak_crypto, "yes", weak_choices) },

	/* Host keys. */
	{ CHOICE("StrictHostKeyChecking", strict_host_key_checking, "ask",
		 strict_choices) },
	{ WORDS("UserKnownHostsFile", user_known_hosts_file,
		"~/.ssh/known_hosts ~/.ssh/known_hosts2", 32) },
	{ WORDS("GlobalKnownHostsFile", global_known_hosts_file,
		"/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2", 32) },
	{ FLAG("HashKnownHosts", hash_known_hosts, "no") },
	{ COMMAND("KnownHostsCommand", known_hosts_command),
	  .flags = ROW_NONE },
	{ CHOICE("UpdateHostKeys", update_host_keys, NULL, ask_choices) },
	{ WORDS("RevokedHostKeys", revoked_host_keys, NULL, 32) },
	{ CHOICE("VerifyHostKeyDNS", verify_host_key_dns, "no", ask_choices) },
	{ FLAG("VisualHostKey", visual_host_key, "no") },
	{ CHOICE("FingerprintHash", fingerprint_hash, "SHA256", hash_choices),
	  .complaint = "Invalid hash algorithm" },

	/* The session. */
	{ CHOICE("RequestTTY", request_tty, "auto", tty_choices) },
	{ ITEMS("SendEnv", send_env, send_env),
	  .flags = ROW_ADDS },
	{ ITEMS("SetEnv", set_env, set_env) },
	{ CHOICE("LogLevel", log_level, "INFO", level_choices),
	  .complaint = "unsupported log level" },
	{ WORDS("LogVerbose", log_verbose, NULL, 0), .flags = ROW_LATER | ROW_ALWAYS },
	{ COMMAND("RemoteCommand", remote_command), .flags = ROW_NONE },
	{ CHOICE("SessionType", session_type, "default", session_choices) },
	{ FLAG("StdinNull", stdin_null, "no") },
	{ SPECIAL("EscapeChar", PLAIN, escape_char, "~", escape_char) },
	{ FLAG("EnableEscapeCommandline", enable_escape_commandline, "no") },
	{ COMMAND("LocalCommand", local_command), .flags = ROW_NONE },
	{ FLAG("PermitLocalCommand", permit_local_command, "no") },
	{ CHOICE("SyslogFacility", syslog_facility, "USER", facility_choices),
	  .complaint = "unsupported log facility" },
	{ FLAG("ForkAfterAuthentication", fork_after_authentication, "no") },
	{ SPECIAL("ObscureKeystrokeTiming", PLAIN, obscure_keystroke_timing,
		  "yes", keystroke_timing), .choices = flag_choices },
	{ WORDS("ChannelTimeout", channel_timeout, NULL, 0),
	  .word = special_channel_timeout_word, .flags = ROW_ALWAYS },

	/* Forwarding. */
	{ SPECIAL("ForwardAgent", PLAIN, forward_agent, "no", forward_agent),
	  .choices = flag_choices, .late = special_forward_agent_late },
	{ FLAG("ForwardX11", forward_x11, "no") },
	{ FLAG("ForwardX11Trusted", forward_x11_trusted,
	       FORWARD_X11_TRUSTED) },
	{ TIME("ForwardX11Timeout", forward_x11_timeout, "20m") },
	{ STRING("XAuthLocation", xauth_location, "/usr/bin/xauth") },
	{ FORWARDS("DynamicForward", dynamic_forward, DYNAMIC) },
	{ FORWARDS("LocalForward", local_forward, LOCAL) },
	{ FORWARDS("RemoteForward", remote_forward, REMOTE) },
	{ FLAG("ExitOnForwardFailure", exit_on_forward_failure, NULL) },
	{ FLAG("GatewayPorts", gateway_ports, "no") },
	{ SPECIAL("PermitRemoteOpen", LIST, permit_remote_open, NULL,
		  permit_remote_open) },
	{ FLAG("ClearAllForwardings", clear_all_forwardings, NULL) },
	{ SPECIAL("StreamLocalBindMask", PLAIN, stream_local_bind_mask,
		  "0177", bind_mask) },
	{ FLAG("StreamLocalBindUnlink", stream_local_bind_unlink, "no") },
	{ CHOICE("Tunnel", tunnel, "no", tunnel_choices),
	  .flags = ROW_LATER },
	{ SPECIAL("TunnelDevice", PLAIN, tunnel_device_local, "any:any",
		  tunnel_device), .flags = ROW_LATER },

	/* Proxies and sharing. */
	{ SPECIAL("ProxyJump", HOPS, proxy_jump, NULL, proxy_jump) },
	{ COMMAND("ProxyCommand", proxy_command), .flags = ROW_NONE },
	{ FLAG("ProxyUseFdpass", proxy_use_fdpass, "no") },
	{ CHOICE("ControlMaster", control_master, "no", control_choices) },
	{ STRING("ControlPath", control_path, NULL), .flags = ROW_NONE },
	{ SPECIAL("ControlPersist", PLAIN, control_persist, "no",
		  control_persist), .choices = flag_choices },

	/* Liveness. */
	{ TIME("ServerAliveInterval", server_alive_interval, "0") },
	{ NUMBER("ServerAliveCountMax", server_alive_count_max, "3") },

	/* Old names. */
	{ ALIAS("ChallengeResponseAuthentication",
		"KbdInteractiveAuthentication") },
	{ ALIAS("SkeyAuthentication", "KbdInteractiveAuthentication") },
	{ ALIAS("TISAuthentication", "KbdInteractiveAuthentication") },
	{ ALIAS("DSAAuthentication", "PubkeyAuthentication") },
	{ ALIAS("IdentityFile2", "IdentityFile") },
	{ ALIAS("KeepAlive", "TCPKeepAlive") },
	{ ALIAS("SmartcardDevice", "PKCS11Provider") },
	{ ALIAS("HostbasedKeyTypes", "HostbasedAcceptedAlgorithms") },
	{ ALIAS("PubkeyAcceptedKeyTypes", "PubkeyAcceptedAlgorithms") },

	/* Gone, in ssh too. */
	{ DEAD("Protocol", IGNORED) },
	{ DEAD("Cipher", DEPRECATED) },
	/* hawser's own. */
	{ CHOICE("LinkNotice", link_notice, "yes", link_choices),
	  .flags = ROW_OWN },
	{ STRING("RecordSession", record_session, NULL),
	  .flags = ROW_OWN | ROW_NONE },
	{ FLAG("RecordInput", record_input, "no"), .flags = ROW_OWN },
	{ FLAG("ForwardAgentConfirm", forward_agent_confirm, "no"),
	  .flags = ROW_OWN },
	{ CHOICE("TermFallback", term_fallback, "no", fallback_choices),
	  .flags = ROW_OWN },
	{ CHOICE("Engine", engine, "native", engine_choices), .flags = ROW_OWN },
	{ FLAG("FastOpen", fast_open, "yes"), .flags = ROW_OWN },
	{ FLAG("IdentityMemory", identity_memory, "yes"), .flags = ROW_OWN },
	{ LIST("JumpIdentityFile", jump_identity_file, NULL,
	       "identity files"), .flags = ROW_OWN | ROW_ADDS },
	{ STRING("FastOpenExceptions", fast_open_exceptions,
		 "~/.ssh/hawser_exceptions"),
	  .flags = ROW_OWN | ROW_NONE | ROW_ALWAYS },
	{ FLAG("FastOpenTCP", fast_open_tcp, "no"), .flags = ROW_OWN },
	{ SPECIAL("ChannelWindowMax", PLAIN, channel_window_max, "17M",
		  channel_window_max), .flags = ROW_OWN },

	/* Tunnels that hold, and deadlines; hawser's own. */
	{ SPECIAL("Reconnect", PLAIN, reconnect, "no", reconnect),
	  .choices = flag_choices, .flags = ROW_OWN },
	{ FLAG("ReconnectFirst", reconnect_first, "no"), .flags = ROW_OWN },
	{ SPECIAL("ReconnectDelay", PLAIN, reconnect_delay_min_ms, "1 60",
		  reconnect_delay), .flags = ROW_OWN },
	{ TIME("ReconnectHold", reconnect_hold, "30"), .flags = ROW_OWN },
	{ FLAG("ReconnectKeepSecrets", reconnect_keep_secrets, "no"),
	  .flags = ROW_OWN },
	{ FLAG("TakeOverListener", take_over_listener, "no"),
	  .flags = ROW_OWN },
	{ TIME("CheckForwards", check_forwards, "0"), .flags = ROW_OWN },
	{ SPECIAL("ReadyFd", PLAIN, ready_fd, "none", ready_fd),
	  .flags = ROW_OWN },
	{ STRING("EventsFile", events_file, NULL),
	  .flags = ROW_OWN | ROW_NONE },
	{ STRING("StatusFile", status_file, NULL),
	  .flags = ROW_OWN | ROW_NONE },
	{ STRING("PidFile", pid_file, NULL), .flags = ROW_OWN | ROW_NONE },
	{ TIME("CommandTimeout", command_timeout, "0"), .flags = ROW_OWN },
	{ TIME("CommandGrace", command_grace, "5"), .flags = ROW_OWN },
	{ SPECIAL("ExitGrace", PLAIN, exit_grace, "none", exit_grace),
	  .flags = ROW_OWN },

	{ DEAD("FallBackToRsh", DEPRECATED) },
	{ DEAD("GlobalKnownHostsFile2", DEPRECATED) },
	{ DEAD("RhostsAuthentication", DEPRECATED) },
	{ DEAD("UserKnownHostsFile2", DEPRECATED) },
	{ DEAD("UseRoaming", DEPRECATED) },
	{ DEAD("UseRsh", DEPRECATED) },
	{ DEAD("UsePrivilegedPort", DEPRECATED) },
	{ DEAD("AFSTokenPassing", DROPPED) },
	{ DEAD("KerberosAuthentication", DROPPED) },
	{ DEAD("KerberosTgtPassing", DROPPED) },
	{ DEAD("RSAAuthentication", DROPPED) },
	{ DEAD("RhostsRSAAuthentication", DROPPED) },
	{ DEAD("CompressionLevel", DROPPED) },

	/* Known to the ssh of some distributions only. */
	{ ALIAS("ProtocolKeepAlives", "ServerAliveInterval") },
	{ ALIAS("SetupTimeOut", "ServerAliveInterval") },
	{ DEAD("GSSAPIKeyExchange", IGNORED), .flags = ROW_LATER },
	{ DEAD("GSSAPITrustDNS", IGNORED), .flags = ROW_LATER },
	{ DEAD("GSSAPIRenewalForcesRekey", IGNORED), .flags = ROW_LATER },
	{ DEAD("GSSAPIClientIdentity", IGNORED), .flags = ROW_LATER },
	{ DEAD("GSSAPIServerIdentity", IGNORED), .flags = ROW_LATER },
	{ DEAD("GSSAPIKexAlgorithms", IGNORED), .flags = ROW_LATER },
};
/* clang-format on */

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))
_Static_assert(N_ROWS <= CONF_MAX_ROWS, "raise CONF_MAX_ROWS");

const struct row *
table_row(size_t i)
{
	return i < N_ROWS ? &rows[i] : NULL;
}

size_t
table_index(const struct row *row)
{
	return (size_t)(row - rows);
}

enum conf_source
table_source(const struct conf *c, const char *keyword)
{
	return (enum conf_source)c->given[table_index(table_find(keyword))];
}

const struct row *
table_find(const char *name)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		if (strcasecmp(rows[i].name, name) != 0)
			continue;
		if (rows[i].type == ROW_ALIAS)
			return table_find(rows[i].preset);
		return &rows[i];
	}
	return NULL;
}
