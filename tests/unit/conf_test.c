#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/path.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "conf_lines.h"
#include "tap.h"

/* Files that are right: every wanted line is in -G, as are no unwanted ones
 * (after '!'). The host is "web". */
static const struct {
	const char *text;
	const char *want; /* lines, separated by '\n' */
} good[] = {
	{ "", "host web\nhostname web\nport 22\naddressfamily any" },
	{ "", "numberofpasswordprompts 3\nconnectionattempts 1" },
	{ "", "serveraliveinterval 0\nserveralivecountmax 3" },
	{ "", "connecttimeout none\nstricthostkeychecking ask" },
	{ "", "identityfile ~/.ssh/id_rsa\nidentityfile ~/.ssh/id_ed25519" },
	{ "", "identityfile ~/.ssh/id_mldsa44_ed25519\nupdatehostkeys true" },
	{ "", "pubkeyauthentication true\nloglevel INFO\nescapechar ~" },
	{ "", "globalknownhostsfile /etc/ssh/ssh_known_hosts "
	      "/etc/ssh/ssh_known_hosts2" },
	{ "", "ipqos ef cs0\nrekeylimit 0 0\nstreamlocalbindmask 0177" },
	{ "", "syslogfacility USER\ntunneldevice any:any\n!proxycommand" },
	{ "BatchMode yes", "batchmode yes\nserveraliveinterval 300" },
	{ "BatchMode yes\nServerAliveInterval 0", "serveraliveinterval 0" },

	/* The form of a line. */
	{ "Port 5", "port 5" },
	{ "\tpOrT\t5  ", "port 5" },
	{ "Port=5", "port 5" },
	{ "Port =5", "port 5" },
	{ "Port = 5", "port 5" },
	{ "\"Port\" \"5\"", "port 5" },
	{ "Port 5\r\nUser x\f\n", "port 5\nuser x" },
	{ "# Port 4\n\n  # Port 3\nPort 5 # Port 2", "port 5" },
	{ "Port 5\nPort 6", "port 5" },
	{ "IdentityFile a#b", "identityfile a#b" },
	{ "IdentityFile \"a b\"", "identityfile a b" },
	{ "IdentityFile 'a b'", "identityfile a b" },
	{ "IdentityFile \"a\"b", "identityfile ab" },
	{ "IdentityFile a\\ b", "identityfile a b" },
	{ "IdentityFile a\\bc", "identityfile a\\bc" },
	{ "IdentityFile \"a\\\"b\"", "identityfile a\"b" },
	{ "IdentityFile==q", "identityfile =q" },
	{ "RefuseConnection not \"from here\" # x",
	  "refuseconnection not from here" },
	{ "VersionAddendum by  ferry", "versionaddendum by ferry" },

	{ "CanonicalDomains A.b. _c", "canonicaldomains a.b _c" },

	/* Host. */
	{ "Host web\nPort 5", "port 5" },
	{ "Host=web\nPort 5", "port 5" },
	{ "Host WEB\nPort 5", "port 22" },
	{ "Host w?b x # y\nPort 5", "port 5" },
	{ "Host * !web\nPort 5\nHost *\nPort 6", "port 6" },
	{ "Host !web *\nPort 5\nHost *\nPort 6", "port 6" },
	{ "Host !x\nPort 5\nHost *\nPort 6", "port 6" },
	{ "Host x\nPort 5\nHost \"web\"\nPort 6", "port 6" },
	{ "User a\nHost x\nUser b\nMatch all\nPort 5", "user a\nport 5" },

	/* Lists. */
	{ "IdentityFile a\nIdentityFile b\nIdentityFile a",
	  "identityfile a\nidentityfile b\n!identityfile ~/.ssh/id_rsa" },
	{ "IdentityFile none", "identityfile none" },
	{ "IdentityFile none\nIdentityFile a", "identityfile a" },
	{ "CertificateFile a\nCertificateFile b",
	  "certificatefile a\ncertificatefile b" },
	{ "SendEnv A B C_*\nSendEnv -B\nSendEnv D\nSendEnv -C*",
	  "sendenv A\nsendenv D\n!sendenv B\n!sendenv C_*" },
	{ "SetEnv A=1 \"B=x y\"\nSetEnv C=3",
	  "setenv A=1\nsetenv B=x y\n!setenv C=3" },
	{ "UserKnownHostsFile /a \"/b c\" d\nUserKnownHostsFile e",
	  "userknownhostsfile /a /b c d\nupdatehostkeys false" },
	{ "GlobalKnownHostsFile none", "globalknownhostsfile none" },
	{ "RevokedHostKeys /a /b", "revokedhostkeys /a /b" },
	{ "RevokedHostKeys none", "revokedhostkeys none" },
	{ "CanonicalDomains a b", "canonicaldomains a b" },
	{ "PermitRemoteOpen a:1 b:*", "permitremoteopen a:1 b:*" },
	{ "PermitRemoteOpen none", "permitremoteopen none" },
	{ "CanonicalizePermittedCNAMEs a:b *:c",
	  "canonicalizePermittedcnames a:b *:c" },

	/* Forwardings. */
	{ "LocalForward 80 h:90\nLocalForward 80 h:90",
	  "localforward 80 [h]:90" },
	{ "LocalForward 127.0.0.1:80 [::1]:90",
	  "localforward [127.0.0.1]:80 [::1]:90" },
	{ "LocalForward *:80 h:90", "localforward [*]:80 [h]:90" },
	{ "LocalForward /a /b", "localforward /a /b" },
	{ "LocalForward /a h:1", "localforward /a [h]:1" },
	{ "LocalForward 80 /b", "localforward 80 /b" },
	{ "RemoteForward 80", "remoteforward 80 [socks]:0" },
	{ "RemoteForward 0 h:1", "remoteforward 0 [h]:1" },
	{ "DynamicForward [::1]:1080", "dynamicforward [::1]:1080" },
	{ "LocalForward 80 h:90\nClearAllForwardings yes", "!localforward" },

	/* Values. */
	{ "ConnectTimeout 1h30m", "connecttimeout 5400" },
	{ "ConnectTimeout 1h30", "connecttimeout 3630" },
	{ "ConnectTimeout none", "connecttimeout none" },
	{ "ConnectTimeout none\nConnectTimeout 7", "connecttimeout 7" },
	{ "ServerAliveInterval none\nServerAliveInterval 7",
	  "serveraliveinterval 7" },
	{ "ServerAliveInterval none\nBatchMode yes",
	  "serveraliveinterval 300" },
	{ "ForwardX11Timeout none", "forwardx11timeout 1200" },
	{ "ServerAliveInterval 2W", "serveraliveinterval 1209600" },
	{ "StrictHostKeyChecking off", "stricthostkeychecking false" },
	{ "StrictHostKeyChecking yes", "stricthostkeychecking true" },
	{ "StrictHostKeyChecking accept-new",
	  "stricthostkeychecking accept-new" },
	{ "CheckHostIP TRUE", "checkhostip yes" },
	{ "PubkeyAuthentication unbound", "pubkeyauthentication unbound" },
	{ "VerifyHostKeyDNS ask",
	  "verifyhostkeydns ask\nupdatehostkeys false" },
	{ "Tunnel ethernet\nTunnelDevice 1:2",
	  "tunnel ethernet\ntunneldevice 1:2" },
	{ "TunnelDevice 4", "tunneldevice 4:any" },
	{ "EscapeChar ^A", "escapechar \\^A" },
	{ "EscapeChar none", "escapechar none" },
	{ "IPQoS af21 cs1", "ipqos af21 cs1" },
	{ "IPQoS 0x20", "ipqos cs1 cs1" },
	{ "IPQoS 7 none", "ipqos 0x07 none" },
	{ "RekeyLimit 1.5G 1h", "rekeylimit 1610612736 3600" },
	{ "RekeyLimit default none", "rekeylimit 0 0" },
	{ "RekeyLimit 1G\nRekeyLimit 2G 1h\nRekeyLimit 3G 2h",
	  "rekeylimit 1073741824 3600" },
	{ "RekeyLimit default none\nRekeyLimit 2G 1h", "rekeylimit 0 3600" },
	{ "RekeyLimit 1G 0\nRekeyLimit 2G 1h", "rekeylimit 1073741824 0" },
	{ "AddKeysToAgent confirm 5m", "addkeystoagent confirm 300" },
	{ "AddKeysToAgent 5m", "addkeystoagent 300" },
	{ "AddKeysToAgent ask", "addkeystoagent ask" },
	{ "ForwardAgent /x/y", "forwardagent /x/y" },
	{ "ForwardAgent $SOCK", "forwardagent $SOCK" },
	{ "", "!identityagent\n!fastopenexceptions" },
	{ "IdentityAgent none", "identityagent none" },
	{ "IdentityAgent SSH_AUTH_SOCK", "identityagent SSH_AUTH_SOCK" },
	{ "FastOpenExceptions none", "fastopenexceptions none" },
	{ "ControlPersist 10m\nControlMaster autoask",
	  "controlpersist 600\ncontrolmaster autoask" },
	{ "ControlPath none", "!controlpath" },
	{ "LogLevel debug", "loglevel DEBUG" },
	{ "LogLevel DEBUG3", "loglevel DEBUG3" },
	{ "SyslogFacility local3", "syslogfacility LOCAL3" },
	{ "FingerprintHash md5", "fingerprinthash MD5" },
	{ "StreamLocalBindMask 077", "streamlocalbindmask 077" },
	{ "ObscureKeystrokeTiming interval:80", "obscurekeystroketiming 80" },
	{ "Port ssh", "port 22" },
	{ "Ciphers +aes128-cbc", "ciphers +aes128-cbc" },
	{ "HostKeyAlgorithms ^ssh-*,rsa-sha2-512",
	  "hostkeyalgorithms ^ssh-*,rsa-sha2-512" },
	{ "MACs -*sha1*,x", "macs -*sha1*,x" },
	{ "MACs umac-64@openssh.com,hmac-sha2-256",
	  "macs umac-64@openssh.com,hmac-sha2-256" },
	{ "KexAlgorithms +sntrup761x25519-sha512",
	  "kexalgorithms +sntrup761x25519-sha512" },
	{ "RemoteCommand echo \"a  b\" # c",
	  "remotecommand echo \"a  b\" # c" },
	{ "RemoteCommand none", "!remotecommand" },
	{ "LocalCommand = x y", "localcommand x y" },
	{ "HostName %h.Example.org", "hostname web.example.org" },
	{ "HostName a%%b", "hostname a%b" },

	/* Proxies: whichever is met first. */
	{ "ProxyCommand x\nProxyJump y", "proxycommand x\n!proxyjump" },
	{ "ProxyJump y\nProxyCommand x", "proxyjump y\n!proxycommand" },
	{ "ProxyJump none\nProxyCommand x", "proxycommand x\n!proxyjump" },
	{ "ProxyCommand none\nProxyJump x", "!proxyjump\n!proxycommand" },
	{ "ProxyJump none\nProxyJump y", "!proxyjump" },
	{ "ProxyJump ssh://a:022,ssh://u%40v@b:",
	  "proxyjump ssh://a:022,u@v@b" },
	{ "ProxyJump 1.2.3.4,[c]:http", "proxyjump 1.2.3.4,c:80" },
	{ "ProxyJump 1.2.3.4:022", "proxyjump [1.2.3.4]:22" },
	{ "ProxyJump a:", "proxyjump a" },
	{ "ProxyJump a@b:22,[::1]:5 # c", "proxyjump a@b:22,[::1]:5" },

	/* Old and foreign keywords. */
	{ "ProtocolKeepAlives 5", "serveraliveinterval 5" },
	{ "SetupTimeOut 6", "serveraliveinterval 6" },
	{ "KeepAlive no", "tcpkeepalive no" },
	{ "ChallengeResponseAuthentication no",
	  "kbdinteractiveauthentication no" },
	{ "Protocol 2,1\nUseRoaming yes\nGSSAPIKeyExchange no\nPort 5",
	  "port 5" },
	{ "RSAAuthentication yes\nPort 5", "port 5" },
	{ "IgnoreUnknown foo,ba*\nFoo x y\nBAZ z\nPort 5", "port 5" },
	{ "SendEnv LANG LC_*\n    HashKnownHosts yes\n"
	  "    GSSAPIAuthentication yes\n",
	  "sendenv LANG\nsendenv LC_*\nhashknownhosts yes\n"
	  "gssapiauthentication yes" },
};

/* Files that are wrong, and all that is said about them. */
static const struct {
	const char *text, *want;
} bad[] = {
	{ "Foo 1\nPort x\nBar 2\nPort 5 6\n",
	  "F: line 1: Bad configuration option: foo\n"
	  "F line 2: Bad port 'x'.\n"
	  "F: line 3: Bad configuration option: bar\n"
	  "F line 4: keyword port extra arguments at end of line\n"
	  "F: terminating, 4 bad configuration options" },
	{ "Host x\nFoo 1\n", "F: line 2: Bad configuration option: foo" },
	{ "Host x\nPort 0\n", "F line 2: Bad port '0'." },
	{ "Port 5\nPort 0\n", "F line 2: Bad port '0'." },
	{ "Port\n", "F line 1: no argument after keyword \"port\"" },
	{ "Port=\n", "F line 1: no argument after keyword \"port\"" },
	{ "Port 65536\n", "F line 1: Bad port '65536'." },
	{ "Port 0x16\n", "F line 1: Bad port '0x16'." },
	{ "User \"x\n", "F line 1: invalid quotes" },
	{ "\"User x\n", "F line 1: invalid quotes" },
	{ "ProxyCommand it's\n", "F line 1: invalid quotes" },
	{ "User \"\"\n", "F line 1: Missing argument." },
	{ "Compression x\n", "F line 1: unsupported option \"x\"." },
	{ "Compression \"\"\n", "F line 1: missing argument." },
	{ "ConnectTimeout x\n", "F line 1: invalid time value." },
	{ "ConnectTimeout -1\n", "F line 1: invalid time value." },
	{ "ConnectTimeout 99999999999\n", "F line 1: invalid time value." },
	{ "ConnectionAttempts x\n", "F line 1: integer value invalid." },
	{ "ConnectionAttempts -1\n", "F line 1: integer value too small." },
	{ "ConnectionAttempts 4294967296\n",
	  "F line 1: integer value too large." },
	{ "RekeyLimit 15\n", "F line 1: RekeyLimit too small" },
	{ "RekeyLimit 1X\n", "F line 1: Bad number '1X'" },
	{ "IPQoS 256\n", "F line 1: Bad IPQoS value: 256" },
	{ "EscapeChar ab\n", "F line 1: Bad escape character." },
	{ "LogLevel debug4\n", "F line 1: unsupported log level 'debug4'" },
	{ "SyslogFacility x\n", "F line 1: unsupported log facility 'x'" },
	{ "TunnelDevice x\n", "F line 1: Bad tun device." },
	{ "LocalForward 80\n", "F line 1: Missing target argument." },
	{ "LocalForward 80 h\n", "F line 1: Bad forwarding specification." },
	{ "LocalForward 0 h:1\n", "F line 1: Bad forwarding specification." },
	{ "LocalForward 80 h:0\n", "F line 1: Bad forwarding specification." },
	{ "LocalForward [::1:80 h:1\n",
	  "F line 1: Bad forwarding specification." },
	{ "SendEnv A=1\n", "F line 1: Invalid environment name." },
	{ "SetEnv A\n", "F line 1: Invalid SetEnv." },
	{ "Ciphers +\n", "F line 1: Bad SSH2 cipher spec '+'." },
	{ "Ciphers aes128-ctr \n", NULL },
	{ "Ciphers foo\n", "F line 1: Bad SSH2 cipher spec 'foo'." },
	{ "Ciphers ^aes128-ctr,foo\n",
	  "F line 1: Bad SSH2 cipher spec '^aes128-ctr,foo'." },
	{ "MACs +foo\n", "F line 1: Bad SSH2 MAC spec '+foo'." },
	{ "KexAlgorithms foo\n", "F line 1: Bad SSH2 KexAlgorithms 'foo'." },
	{ "HostKeyAlgorithms foo*\n", "F line 1: Bad key types 'foo*'." },
	{ "HostKeyAlgorithms \"a b\"\n", "F line 1: Bad key types 'a b'." },
	{ "GlobalKnownHostsFile a none\n",
	  "F line 1: keyword globalknownhostsfile \"none\" argument must "
	  "appear alone." },
	{ "VersionAddendum\n",
	  "F line 1: no argument after keyword \"versionaddendum\"" },
	{ "VersionAddendum \"\"\n", "F line 1: Missing argument." },
	{ "VersionAddendum a\x1b\n", "F line 1: Invalid VersionAddendum" },
	{ "Host \"\" web\n", "F line 1: keyword host empty argument" },
	{ "CanonicalDomains a .b\n",
	  "F line 1: domain name \".b\" starts with invalid character" },
	{ "CanonicalDomains a..b\n", "F line 1: domain name \"a..b\" contains "
				     "consecutive separators" },
	{ "CanonicalDomains a/b\n", "F line 1: domain name \"a/b\" contains "
				    "invalid characters" },
	{ "CanonicalDomains a none\n",
	  "F line 1: keyword canonicaldomains \"none\" argument must appear "
	  "alone." },
	{ "ProxyJump h:0\n", "F line 1: Invalid ProxyJump \"h:0\"" },
	{ "ProxyJump a/b\n", "F line 1: Invalid ProxyJump \"a/b\"" },
	{ "ProxyJump a,ssh://-b\n",
	  "F line 1: Invalid ProxyJump \"a,ssh://-b\"" },
	{ "ProxyJump a,,b\n", "F line 1: Invalid ProxyJump \"a,,b\"" },
	{ "IdentityAgent $A-B\n", "F line 1: Invalid environment name $A-B." },
	{ "Protocol\n", "F line 1: no argument after keyword \"protocol\"" },
	{ "AddKeysToAgent ask 5\n", "F line 1: unsupported option" },
	{ "HsotName x\n", "F: line 1: Bad configuration option: hsotname (did "
			  "you mean HostName?)" },
	{ "ServerAliveIntervalMax 3\n", "F: line 1: Bad configuration option: "
					"serveraliveintervalmax (did you "
					"mean ServerAliveInterval?)" },
	{ "Usr x\n",
	  "F: line 1: Bad configuration option: usr (did you mean User?)" },
	{ "x y\n", "F: line 1: Bad configuration option: x" },
	{ "UseKeychain yes\n",
	  "F: line 1: Bad configuration option: usekeychain" },
};

static void
check_good(const char *text, const char *want)
{
	struct err e = { .text = "" };
	const char *differs = NULL;
	struct conf c;
	int rc;

	conf_init(&c);
	c.host = xstrdup("web");
	rc = conf_load_text(&c, text, strlen(text), "F", &e);
	if (rc == 0)
		rc = conf_finish(&c, &e);
	if (rc == 0)
		differs = conf_differs(&c, want);
	ok(rc == 0 && differs == NULL, "%.*s", (int)strcspn(text, "\r\n"),
	   text);
	if (rc != 0 || differs != NULL)
		printf("# error: %s; at: %s\n", e.text,
		       differs == NULL ? "" : differs);
	conf_clear(&c);
}

static void
check_bad(const char *text, const char *want)
{
	struct err e = { .text = "" };
	char *got, *all;
	struct conf c;
	int rc;

	conf_init(&c);
	c.host = xstrdup("web");
	rc = conf_load_text(&c, text, strlen(text), "F", &e);
	got = strv_join(c.errors.len > 0 ? &c.errors : &c.warnings, "\n");
	all = xasprintf("%s\n%s", got, e.text);
	if (want == NULL)
		is_int(rc, 0, "accepted: %.*s", (int)strcspn(text, "\n"), text);
	else
		is_str(strstr(want, "terminating") != NULL ? all : got, want,
		       "refused: %.*s", (int)strcspn(text, "\n"), text);
	free(got);
	free(all);
	conf_clear(&c);
}

static char *
write_file(const char *dir, const char *name, const char *text, mode_t mode)
{
	char *path = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "we");

	if (f != NULL) {
		fputs(text, f);
		fclose(f);
	}
	chmod(path, mode);
	return path;
}

/* Read the file; returns what went wrong, or the port as text. */
static char *
read_port(const char *path, enum conf_file_kind kind)
{
	struct err e = { .text = "" };
	struct conf c;
	char *result;

	conf_init(&c);
	c.host = xstrdup("web");
	if (conf_load_file(&c, path, kind, &e) != 0)
		result = xstrdup(e.text);
	else
		result = xasprintf("port %d", c.port);
	conf_clear(&c);
	return result;
}

/* The text with dir in place of an '@'. */
static char *
with_dir(const char *text, const char *dir)
{
	size_t len = strcspn(text, "@");

	if (text[len] == '\0')
		return xstrdup(text);
	return xasprintf("%.*s%s%s", (int)len, text, dir, text + len + 1);
}

static void
check_file(const char *dir, const char *text, mode_t mode,
	   enum conf_file_kind kind, const char *want)
{
	char *path = write_file(dir, "main", text, mode);
	char *got = read_port(path, kind);
	char *full = with_dir(want, dir);

	is_str(got, full, "file: %.*s", (int)strcspn(text, "\n"), text);
	free(full);
	free(got);
	unlink(path);
	free(path);
}

static void
check_include(const char *dir, const char *before, const char *include,
	      const char *want)
{
	char *text =
	    xasprintf("%s\nInclude %s/%s\nPort 9\n", before, dir, include);

	check_file(dir, text, 0600, CONF_FILE_NAMED, want);
	free(text);
}

static void
test_files(const char *dir)
{
	char *names[] = {
		write_file(dir, "five", "Host web\nPort 5\n", 0600),
		write_file(dir, "none", "Host x\nPort 6\n", 0600),
		write_file(dir, "open", "Port 7\n", 0666),
		write_file(dir, "wrong", "Foo 1\nPort 7\n", 0600),
		NULL,
		NULL,
	};
	char *loop = xasprintf("Include %s/loop\n", dir);
	char *twice = xasprintf("Include %s/none\nInclude %s/five\n", dir, dir);

	names[4] = write_file(dir, "loop", loop, 0600);
	names[5] = write_file(dir, "twice", twice, 0600);

	check_file(dir, "Port 5\n", 0600, CONF_FILE_USER, "port 5");
	check_file(dir, "Port 5\n", 0602, CONF_FILE_USER,
		   "Bad owner or permissions on @/main");
	check_file(dir, "Port 5\n", 0666, CONF_FILE_NAMED, "port 5");
	check_file(dir, "Port 5\n", 0666, CONF_FILE_SYSTEM, "port 5");
	check_file(dir, "Include ~/x\n", 0600, CONF_FILE_SYSTEM,
		   "@/main: terminating, 1 bad configuration options");

	check_include(dir, "", "five", "port 5");
	check_include(dir, "", "f*", "port 5");
	check_include(dir, "", "[ft]*", "port 5");
	check_include(dir, "", "twice", "port 5");
	check_include(dir, "", "none", "port 9");
	check_include(dir, "", "absent", "port 9");
	check_include(dir, "Host web", "none", "port 9");
	check_include(dir, "Host x", "five", "port 0");
	check_include(dir, "", "open", "Bad owner or permissions on @/open");
	check_include(dir, "", "wrong",
		      "@/wrong: terminating, 1 bad configuration options");
	check_include(dir, "", "loop",
		      "Too many recursive configuration includes");
	check_include(dir, "Include \"\"", "five",
		      "@/main: terminating, 1 bad configuration options");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		unlink(names[i]);
		free(names[i]);
	}
	free(loop);
	free(twice);
}

static void
test_absent(const char *dir)
{
	char *path = xasprintf("%s/absent", dir);
	char *want = xasprintf("Can't open user config file %s: No such file "
			       "or directory",
			       path);
	char *got = read_port(path, CONF_FILE_NAMED);

	is_str(got, want, "-F with an absent file");
	free(got);
	got = read_port(path, CONF_FILE_USER);
	is_str(got, "port 0", "an absent file of the user's");
	free(got);
	free(want);
	free(path);
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir =
	    xasprintf("%s/conf_test.XXXXXX", tmp == NULL ? "/tmp" : tmp);

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		check_good(good[i].text, good[i].want);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check_bad(bad[i].text, bad[i].want);
	if (ok(mkdtemp(dir) != NULL, "a directory for files")) {
		test_files(dir);
		test_absent(dir);
		rmdir(dir);
	}
	free(dir);
	return done_testing();
}
