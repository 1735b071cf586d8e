#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "conf_lines.h"
#include "tap.h"

/* Command lines (words separated by one blank) and lines of -G; '!' says that
 * the line or keyword must not be there. */
static const struct {
	const char *argv, *want;
} good[] = {
	{ "h", "host h\nhostname h\nport 22" },
	{ "u@h", "host h\nuser u" },
	{ "u@v@h", "host h\nuser u@v" },
	{ "-l x u@h", "user x" },
	{ "-lx h", "user x" },
	{ "u@h -l x", "user u" },
	{ "FOO", "host FOO\nhostname foo" },
	{ "::1", "host ::1" },
	{ "u@[::1]", "host ::1\nuser u" },
	{ "ssh://h", "host h\nport 22" },
	{ "ssh://u@h:5", "host h\nuser u\nport 5" },
	{ "ssh://u@h:5/", "host h\nport 5" },
	{ "ssh://u%40v@h", "user u@v" },
	{ "ssh://[::1]:5", "host ::1\nport 5" },
	{ "ssh://h:", "host h\nport 22" },
	{ "-p 6 ssh://h:5", "port 6" },
	{ "ssh://h:5 -p 6", "port 5" },
	{ "-l a ssh://b@h", "user a" },
	{ "-p 5 h", "port 5" },
	{ "-p5 h", "port 5" },
	{ "h -p 5", "port 5" },
	{ "h -p 5 -- -p 6", "port 5" },
	{ "-- h -p 5", "port 22" },
	{ "h x -p 5", "port 22" },
	{ "-p 5 -oPort=6 h", "port 5" },
	{ "-oPort=6 -p 5 h", "port 6" },
	{ "-o Port=6 -o port=7 h", "port 6" },
	{ "-4 h", "addressfamily inet" },
	{ "-4 -6 h", "addressfamily inet6" },
	{ "-NT4 h", "sessiontype none\nrequesttty false\naddressfamily inet" },
	{ "-t h", "requesttty true" },
	{ "-tt h", "requesttty force" },
	{ "-t -T h", "requesttty false" },
	{ "-T -t h", "requesttty true" },
	{ "-o RequestTTY=no -t h", "requesttty true" },
	{ "-s h sftp", "sessiontype subsystem" },
	{ "-n h", "stdinnull yes" },
	{ "-f h x", "forkafterauthentication yes\nstdinnull yes" },
	{ "-v h", "loglevel DEBUG" },
	{ "-vv h", "loglevel DEBUG2" },
	{ "-vvvvv h", "loglevel DEBUG3" },
	{ "-vq h", "loglevel SILENT" },
	{ "-q -v h", "loglevel DEBUG" },
	{ "-X h", "forwardx11 yes" },
	{ "-Y h", "forwardx11 yes\nforwardx11trusted yes" },
	{ "-X -x h", "forwardx11 no" },
	{ "-A h", "forwardagent yes" },
	{ "-A -a h", "forwardagent no" },
	{ "-C h", "compression yes" },
	{ "-o Compression=no -C h", "compression yes" },
	{ "-C -o Compression=no h", "compression yes" },
	{ "-g h", "gatewayports yes" },
	{ "-K h", "gssapiauthentication yes\ngssapidelegatecredentials yes" },
	{ "-K -k h", "gssapidelegatecredentials no" },
	{ "-M h", "controlmaster true" },
	{ "-MM h", "controlmaster ask" },
	{ "-S /x h", "controlpath /x" },
	{ "-S none h", "!controlpath" },
	{ "-b 1.2.3.4 -b ::1 h", "bindaddress ::1" },
	{ "-B eth0 h", "bindinterface eth0" },
	{ "-c aes128-ctr h", "ciphers aes128-ctr" },
	{ "-m hmac-sha2-256 h", "macs hmac-sha2-256" },
	{ "-e none h", "escapechar none" },
	{ "-e ^B h", "escapechar \\^B" },
	{ "-P x h", "tag x" },
	{ "-I /lib h", "pkcs11provider /lib" },
	{ "-w 1:2 h", "tunnel point-to-point\ntunneldevice 1:2" },
	{ "-o Tunnel=ethernet -w 3 h", "tunnel ethernet\ntunneldevice 3:any" },
	{ "-J a,u@b:5 h", "proxyjump a,u@b:5" },
	{ "-J none h", "!proxyjump" },
	{ "-J h:5 h", "proxyjump h:5" },
	{ "-p 5 -J h h", "proxyjump h" },
	{ "-l u -J v@h h", "proxyjump v@h" },
	{ "-J ssh://u@b:5/ h", "proxyjump u@b:5" },
	{ "-D 1080 h", "dynamicforward 1080" },
	{ "-D *:1080 h", "dynamicforward [*]:1080" },
	{ "-L 80:h:90 h", "localforward 80 [h]:90" },
	{ "-L [::1]:80:[::2]:90 h", "localforward [::1]:80 [::2]:90" },
	{ "-L /a:/b h", "localforward /a /b" },
	{ "-L a:80:/b h", "localforward [a]:80 /b" },
	{ "-R 0:h:90 h", "remoteforward 0 [h]:90" },
	{ "-R 80 h", "remoteforward 80 [socks]:0" },
	{ "-R a:80 h", "remoteforward [a]:80 [socks]:0" },
	{ "-W a:1 h", "sessiontype none\nrequesttty false\n"
		      "exitonforwardfailure yes\nclearallforwardings yes" },
	{ "-W a:1 -L 80:h:1 h", "!localforward" },
	{ "-W a:1 -o ClearAllForwardings=no -L 80:h:1 h",
	  "localforward 80 [h]:1" },
	{ "-i /nonexistent/key h", "identityfile ~/.ssh/id_rsa" },
	{ "-i /dev/null h", "identityfile /dev/null\n!identityfile "
			    "~/.ssh/id_rsa" },
	{ "-o IgnoreUnknown=foo -o foo=1 h", "ignoreunknown foo" },
	{ "-o SendEnv=A -o SendEnv=B h", "sendenv A\nsendenv B" },
	{ "-2 h", "host h" },
	{ "-o UserKnownHostsFile=/dev/null h", "userknownhostsfile /dev/null\n"
					       "updatehostkeys false" },
	{ "-O check -S x h", "controlpath x" },
};

/* Command lines that are refused; a usage text follows where the kind is
 * ERR_USAGE and want ends with '~'. */
static const struct {
	const char *argv;
	enum err_kind kind;
	const char *want;
} bad[] = {
	{ "", ERR_USAGE, "~" },
	{ "-v", ERR_USAGE, "~" },
	{ "--", ERR_USAGE, "~" },
	{ "@h", ERR_USAGE, "~" },
	{ "ssh://", ERR_USAGE, "~" },
	{ "ssh://@h", ERR_USAGE, "~" },
	{ "ssh://h:0", ERR_USAGE, "~" },
	{ "ssh://h:99999", ERR_USAGE, "~" },
	{ "ssh://h/x", ERR_USAGE, "~" },
	{ "ssh://u%zz@h", ERR_USAGE, "~" },
	{ "ssh://u%00@h", ERR_USAGE, "~" },
	{ "ssh://[::1", ERR_USAGE, "~" },
	{ "-% h", ERR_USAGE, "unknown option -- %\n~" },
	{ "-vd h", ERR_USAGE, "unknown option -- d\n~" },
	{ "h -l", ERR_USAGE, "option requires an argument -- l\n~" },
	{ "-s h", ERR_USAGE, "You must specify a subsystem to invoke.\n~" },
	{ "-p 0 h", ERR_USAGE, "Bad port '0'" },
	{ "-p x h", ERR_USAGE, "Bad port 'x'" },
	{ "-p 65536 h", ERR_USAGE, "Bad port '65536'" },
	{ "-e xx h", ERR_USAGE, "Bad escape character 'xx'." },
	{ "-c + h", ERR_USAGE, "Unknown cipher type '+'" },
	{ "-m , h", ERR_USAGE, "Unknown mac type ','" },
	{ "-L x h", ERR_USAGE, "Bad local forwarding specification 'x'" },
	{ "-R x:y h", ERR_USAGE, "Bad remote forwarding specification 'x:y'" },
	{ "-R 80:h:90:100:200 h", ERR_USAGE,
	  "Bad remote forwarding specification '80:h:90:100:200'" },
	{ "-D 0 h", ERR_USAGE, "Bad dynamic forwarding specification '0'" },
	{ "-W a h", ERR_USAGE, "Bad stdio forwarding specification 'a'" },
	{ "-w x h", ERR_USAGE, "Bad tun device 'x'" },
	{ "-W a:1 -W b:1 h", ERR_CONF, "stdio forward already specified" },
	{ "-O foo h", ERR_CONF, "Invalid multiplex command." },
	{ "-O exit -O check h", ERR_CONF,
	  "Multiplexing command already specified" },
	{ "-O exit h", ERR_CONF,
	  "No ControlPath specified for \"-O\" command" },
	{ "-1 h", ERR_CONF, "SSH protocol v.1 is no longer supported" },
	{ "-N -s h x", ERR_CONF, "Cannot specify -s with -N/SessionType" },
	{ "-s -N h x", ERR_CONF, "Cannot specify -N with -s/SessionType" },
	{ "-J a -J b h", ERR_CONF,
	  "Only a single -J option is permitted (use commas to separate "
	  "multiple jump hops)" },
	{ "-J none -J b h", ERR_CONF,
	  "Only a single -J option is permitted (use commas to separate "
	  "multiple jump hops)" },
	{ "-o ProxyCommand=x -J y h", ERR_CONF,
	  "Cannot specify -J with ProxyCommand" },
	{ "-J a:0 h", ERR_CONF, "Invalid -J argument" },
	{ "-J a,h h", ERR_CONF, "jumphost loop via h" },
	{ "-p 5 -l u -J u@h:5 h", ERR_CONF, "jumphost loop via h" },
	{ "-f h", ERR_CONF,
	  "Cannot fork into background without a command to execute." },
	{ "-o RemoteCommand=x h y", ERR_CONF,
	  "Cannot execute command-line and remote command." },
	{ "-- -x", ERR_CONF, "hostname contains invalid characters" },
	{ "h;x", ERR_CONF, "hostname contains invalid characters" },
	{ "-l -x h", ERR_CONF, "remote username contains invalid characters" },
	{ "-l x;y h", ERR_CONF, "remote username contains invalid characters" },
	{ "-o foo=1 h", ERR_CONF,
	  "command-line: line 0: Bad configuration option: foo" },
	{ "-o Port h", ERR_CONF,
	  "command-line line 0: no argument after keyword \"port\"" },
	{ "-o Port=x h", ERR_CONF, "command-line line 0: Bad port 'x'." },
	{ "-o Host=x h", ERR_CONF,
	  "Host directive not supported as a command-line option" },
	{ "-o Include=x h", ERR_CONF,
	  "Include directive not supported as a command-line option" },
};

/* What main() is told to leave undone, or NULL when it may go on. */
static const struct {
	const char *argv, *want;
} unsupported[] = {
	{ "h x", NULL },
	{ "-N h", NULL },
	{ "-o ControlMaster=auto -o ControlPath=x -o ControlPersist=60s h",
	  NULL },
	{ "-o ForwardAgent=no -o GSSAPIAuthentication=yes h", NULL },
	{ "-o AddKeysToAgent=yes -o RekeyLimit=1G h", NULL },
	{ "-o CanonicalizeHostname=yes h", NULL },
	{ "-o ProxyCommand=none h", NULL },
	{ "-o ProxyCommand=x h", NULL },
	{ "-J a h", NULL },
	{ "-L 80:h:1 -o ClearAllForwardings=yes h", NULL },
	{ "-w 1 h", "-w (Tunnel): not supported yet" },
	{ "-Z h", "-Z: not supported yet" },
	{ "-o CanonicalizeHostname=yes -o CanonicalDomains=a h", NULL },
	{ "-o RefuseConnection=no h", "Refusing connection: no" },
};

static int
parse(struct conf *c, const char *line, struct err *e)
{
	struct strv words = STRV_INIT;
	int rc;

	conf_init(c);
	strv_add(&words, "hawser");
	strv_split(&words, line, " ");
	rc = conf_parse_argv(c, (int)words.len, words.items, e);
	strv_clear(&words);
	return rc == 0 && c->action != CONF_ACTION_VERSION &&
		       c->action != CONF_ACTION_QUERY
		   ? conf_finish(c, e)
		   : rc;
}

static void
check_good(const char *line, const char *want)
{
	struct err e = { .text = "" };
	const char *differs = NULL;
	struct conf c;
	int rc = parse(&c, line, &e);

	if (rc == 0)
		differs = conf_differs(&c, want);
	ok(rc == 0 && differs == NULL, "%s", line);
	if (rc != 0 || differs != NULL)
		printf("# error: %s; at: %s\n", e.text,
		       differs == NULL ? "" : differs);
	conf_clear(&c);
}

static void
check_bad(const char *line, enum err_kind kind, const char *want)
{
	size_t len = strlen(want);
	char *text = xstrdup(want), *usage = conf_usage();
	struct err e = { .text = "" };
	struct conf c;

	if (len > 0 && want[len - 1] == '~') {
		free(text);
		text = xasprintf("%.*s%s", (int)len - 1, want, usage);
	} else if (kind == ERR_USAGE) {
		free(text);
		text = xasprintf("%s\n", want);
	}
	parse(&c, line, &e);
	is_str(e.text, text, "refused: %s", line);
	is_int(e.kind, kind, "its kind");
	free(text);
	free(usage);
	conf_clear(&c);
}

static void
check_unsupported(const char *line, const char *want)
{
	struct err e = { .text = "" };
	struct conf c;
	int rc = parse(&c, line, &e);

	if (rc == 0)
		rc = conf_unsupported(&c, &e);
	is_str(rc == 0 ? NULL : e.text, want, "to be done: %s", line);
	conf_clear(&c);
}

static void
test_command(void)
{
	struct err e = { .text = "" };
	struct conf c;

	parse(&c, "-T h a b c -v", &e);
	is_str(c.command_text, "a b c -v", "the words of a command");
	conf_clear(&c);
	parse(&c, "h -v -- -x", &e);
	is_str(c.command_text, "-x", "a command after --");
	is_int(c.log_level, LOG_LEVEL_DEBUG1, "an option after the host");
	conf_clear(&c);
	parse(&c, "h", &e);
	ok(c.command_text == NULL, "no command");
	ok(c.identity_file_is_default, "the usual identity files");
	conf_clear(&c);
	parse(&c, "-i /nonexistent/key h", &e);
	is_str(c.warnings.len == 1 ? c.warnings.items[0] : NULL,
	       "Warning: Identity file /nonexistent/key not accessible: No "
	       "such file or directory.",
	       "an absent key file is a warning");
	conf_clear(&c);
}

static void
test_actions(void)
{
	struct err e = { .text = "" };
	struct conf c;

	parse(&c, "-vV", &e);
	is_int(c.action, CONF_ACTION_VERSION, "-V");
	conf_clear(&c);
	parse(&c, "-Q cipher", &e);
	is_int(c.action, CONF_ACTION_QUERY, "-Q");
	is_str(c.query, "cipher", "what is asked");
	conf_clear(&c);
	parse(&c, "-G -E /log -yF none h", &e);
	is_int(c.action, CONF_ACTION_DUMP, "-G");
	is_str(c.log_file, "/log", "-E");
	is_str(c.config_file, "none", "-F");
	ok(c.use_syslog, "-y");
	conf_clear(&c);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		check_good(good[i].argv, good[i].want);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check_bad(bad[i].argv, bad[i].kind, bad[i].want);
	for (size_t i = 0; i < sizeof(unsupported) / sizeof(unsupported[0]);
	     i++)
		check_unsupported(unsupported[i].argv, unsupported[i].want);
	test_command();
	test_actions();
	return done_testing();
}
