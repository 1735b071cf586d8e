#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"
#include "tunnel/server_identity.h"

#define BOOT "0f1c2d3e-aaaa-bbbb-cccc-0123456789ab"
#define NO -1

static const struct {
	const char *text;
	long pid; /* NO: not understood */
	const char *start, *boot;
} answers[] = {
	{ "hawser-server 4711 1000 88123 " BOOT "\n", 4711, "88123", BOOT },
	{ "hawser-server 4711 1000 88123 " BOOT, 4711, "88123", BOOT },
	{ "hi\nhawser-server 2 0 Sun_Nov_22_05:10:11_2026 -\nbye", 2,
	  "Sun_Nov_22_05:10:11_2026", "-" },
	{ "", NO, NULL, NULL },
	{ "hawser-server ", NO, NULL, NULL },
	{ " hawser-server 4711 1000 1 -", NO, NULL, NULL },
	{ "hawser-server 1 0 1 -", NO, NULL, NULL },
	{ "hawser-server -4711 0 1 -", NO, NULL, NULL },
	{ "hawser-server 99999999999 0 1 -", NO, NULL, NULL },
	{ "hawser-server 4711 0 1", NO, NULL, NULL },
	{ "hawser-server 4711 0 1 - more", NO, NULL, NULL },
	{ "hawser-server 4711  1 -", NO, NULL, NULL },
	{ "hawser-server 4711 0 1;reboot -", NO, NULL, NULL },
	{ "hawser-server 4711 0 1' -", NO, NULL, NULL },
	{ "hawser-server 4711 0 1 $x", NO, NULL, NULL },
	{ "hawser-server 4711 0 01234567890123456789012345678901 -", NO, NULL,
	  NULL },
	{ "hawser-server 4711 0 1 -\nhawser-server 4711 0 1 -\n", NO, NULL,
	  NULL },
};

static const struct {
	const char *text;
	enum server_end end;
} ends[] = {
	{ "hawser-end done\n", SERVER_END_DONE },
	{ "hello\nhawser-end gone", SERVER_END_GONE },
	{ "hawser-end other\n", SERVER_END_OTHER },
	{ "hawser-end denied\n", SERVER_END_DENIED },
	{ "hawser-end stuck\n", SERVER_END_STUCK },
	{ "hawser-end done\r\n", SERVER_END_NONSENSE },
	{ "hawser-end don\n", SERVER_END_NONSENSE },
	{ "hawser-end done\nhawser-end gone\n", SERVER_END_NONSENSE },
	{ "", SERVER_END_NONSENSE },
};

static char dir[] = "/tmp/server_identity_test.XXXXXX";

/* In a container a user's may be almost any of 32 bits. */
static void
test_large_numbers(void)
{
	static const char text[] = "hawser-server 4194303 4294967294 1 -";
	struct server_identity got = { .pid = NO };
	char *line;

	server_identity_parse(text, strlen(text), &got);
	line = server_identity_end_command(&got);
	ok(strstr(line, "p=4194303;") != NULL &&
	       strstr(line, " = 4294967294 ]") != NULL,
	   "numbers of 32 bits");
	free(line);
}

static void
test_parsing(void)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		const char *text = answers[i].text;
		struct server_identity got = { .pid = NO };

		server_identity_parse(text, strlen(text), &got);
		ok(got.pid == answers[i].pid &&
		       (got.pid == NO ||
			(strcmp(got.start, answers[i].start) == 0 &&
			 strcmp(got.boot, answers[i].boot) == 0)),
		   "an answer: %zu", i);
	}
	test_large_numbers();
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		is_int(server_identity_end_parse(ends[i].text,
						 strlen(ends[i].text)),
		       ends[i].end, "an end: %zu", i);
}

/* Run a line with a login shell, as sshd does. */
static size_t
run(const char *shell, const char *line, char *output, size_t size)
{
	char path[sizeof(dir) + 8], command[256];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/line", dir);
	f = fopen(path, "w");
	if (f == NULL || fputs(line, f) < 0 || fclose(f) != 0)
		abort();
	snprintf(command, sizeof(command), "exec %s -c \"$(cat %s)\"", shell,
		 path);
	f = popen(command, "r");
	if (f == NULL)
		abort();
	len = fread(output, 1, size - 1, f);
	output[len] = '\0';
	pclose(f);
	return len;
}

/* A process that is called so, and its identity. */
static pid_t
start(const char *name, struct server_identity *ret)
{
	char program[sizeof(dir) + 32], line[512], text[256];
	pid_t pid;

	snprintf(program, sizeof(program), "%s/%s", dir, name);
	pid = fork();
	if (pid == 0) {
		execl(program, name, "1000", (char *)NULL);
		_exit(127);
	}
	memset(ret, 0, sizeof(*ret));
	snprintf(line, sizeof(line),
		 "until [ \"$(cat /proc/%ld/comm)\" = %s ]; do :; done; "
		 "set -- $(cat /proc/%ld/stat); echo ${22} "
		 "$(cat /proc/sys/kernel/random/boot_id)",
		 (long)pid, name, (long)pid);
	run("sh", line, text, sizeof(text));
	ret->pid = pid;
	ret->uid = (long long)getuid();
	sscanf(text, "%31s %39s", ret->start, ret->boot);
	return pid;
}

/* The program that ends what it runs under is the test. */
static enum server_end
end(const char *shell, const struct server_identity *i)
{
	char *line = server_identity_end_command(i);
	char text[256];
	size_t len = run(shell, line, text, sizeof(text));

	free(line);
	return server_identity_end_parse(text, len);
}

static void
test_shell(const char *shell)
{
	struct server_identity mine, other;
	char text[256];
	size_t len;
	pid_t pid;

	len = run(shell, server_identity_command(), text, sizeof(text));
	is_int(server_identity_parse(text, len, &mine), -1,
	       "%s: who is not run by an sshd has none", shell);
	pid = start("sshd", &mine);
	other = mine;
	other.start[0] = other.start[0] == '1' ? '2' : '1';
	is_int(end(shell, &other), SERVER_END_OTHER,
	       "%s: started at another time: another", shell);
	other = mine;
	other.boot[0] = other.boot[0] == '1' ? '2' : '1';
	is_int(end(shell, &other), SERVER_END_OTHER, "%s: another boot", shell);
	other = mine;
	other.uid++;
	is_int(end(shell, &other), SERVER_END_OTHER, "%s: another user", shell);
	ok(waitpid(pid, NULL, WNOHANG) == 0, "%s: all that ends nobody", shell);
	kill(pid, SIGSTOP);
	is_int(end(shell, &mine), SERVER_END_DONE,
	       "%s: the very same is ended, even if it stands still", shell);
	is_int(waitpid(pid, NULL, WNOHANG), pid, "%s: so it is", shell);
	is_int(end(shell, &mine), SERVER_END_GONE, "%s: once", shell);
	pid = start("stranger", &other);
	is_int(end(shell, &other), SERVER_END_OTHER, "%s: no sshd", shell);
	ok(waitpid(pid, NULL, WNOHANG) == 0, "%s: lives on", shell);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void
copy_sleep(const char *name)
{
	char command[128];

	snprintf(command, sizeof(command), "cp \"$(command -v sleep)\" %s/%s",
		 dir, name);
	if (system(command) != 0)
		abort();
}

int
main(void)
{
	static const char *const shells[] = { "bash", "dash", "busybox sh",
					      "fish", "csh",  "tcsh",
					      "zsh",  "ksh" };
	char command[128];

	test_parsing();
	if (mkdtemp(dir) == NULL)
		abort();
	copy_sleep("sshd");
	copy_sleep("stranger");
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		snprintf(command, sizeof(command),
			 "test -e /proc/self/stat && %s -c : 2>/dev/null",
			 shells[i]);
		if (system(command) == 0)
			test_shell(shells[i]);
	}
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command) != 0 ? 1 : done_testing();
}
