#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "asker.h"
#include "base/err.h"
#include "base/xalloc.h"
#include "tap.h"
#include "term/prompt.h"

static char *askpass; /* the path of the program */

static void
write_script(const char *body)
{
	FILE *out = fopen(askpass, "we");

	if (out == NULL || fprintf(out, "#!/bin/sh\n%s\n", body) < 0 ||
	    fclose(out) != 0 || chmod(askpass, 0700) != 0)
		abort();
}

/* Without a terminal: a session of its own has none. */
static void
ask_without_terminal(ask_fn *ask, char *answer, size_t size)
{
	int fds[2], status;
	pid_t pid;

	answer[0] = '\0';
	if (pipe(fds) != 0)
		abort();
	pid = fork();
	if (pid == 0) {
		setsid();
		dprintf(fds[1], "%s ", prompt_is_possible() ? "may" : "no");
		report(fds[1], ask, "What is it? ");
		_exit(0);
	}
	close(fds[1]);
	while (gather(fds[0], answer, size))
		;
	close(fds[0]);
	waitpid(pid, &status, 0);
}

static void
test_askpass(void)
{
	static const struct {
		const char *what, *require, *display, *script, *answer;
	} cases[] = {
		{ "nobody to ask", NULL, NULL, "echo x",
		  "no !cannot open /dev/tty: No such device or address" },
		{ "never", "never", ":0", "echo x",
		  "no !cannot open /dev/tty: No such device or address" },
		{ "a display", NULL, ":0", "echo sesame", "may =sesame" },
		{ "empty display", NULL, "", "echo sesame",
		  "no !cannot open /dev/tty: No such device or address" },
		{ "prefer", "prefer", ":0", "echo sesame", "may =sesame" },
		{ "prefer, no display", "prefer", NULL, "echo sesame",
		  "no !cannot open /dev/tty: No such device or address" },
		{ "force", "FORCE", NULL, "echo sesame", "may =sesame" },
		{ "the question", "force", NULL, "echo \"[$1]\"",
		  "may =[What is it? ]" },
		{ "one argument", "force", NULL, "echo $#", "may =1" },
		{ "no hint", "force", NULL, "echo \"$SSH_ASKPASS_PROMPT\"",
		  "may =" },
		{ "no newline", "force", NULL, "printf sesame", "may =sesame" },
		{ "two lines", "force", NULL, "echo one; echo two",
		  "may =one" },
		{ "carriage return", "force", NULL, "printf 'one\\r\\n'",
		  "may =one" },
		{ "nothing", "force", NULL, "exit 0", "may =" },
		{ "no descriptors of ours", "force", NULL,
		  "if (echo x >&9) 2>/dev/null; then echo open; "
		  "else echo closed; fi",
		  "may =closed" },
	};
	char answer[4096];
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup3(fd, 9, O_CLOEXEC);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_script(cases[i].script);
		set_environment(cases[i].require, cases[i].display, askpass);
		ask_without_terminal(ask_secret, answer, sizeof(answer));
		is_str(answer, cases[i].answer, "askpass: %s", cases[i].what);
	}
	ask_without_terminal(ask_line, answer, sizeof(answer));
	is_str(answer, "may =closed", "askpass: a line");
	close(9);
	close(fd);
}

static struct secret *
ask_ignoring(const char *question, struct err *e)
{
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	return ask_secret(question, e);
}

static void
test_askpass_trouble(void)
{
	char answer[4096], *want;
	struct asker a;

	want = xasprintf("may !askpass program %s gave no answer", askpass);
	write_script("echo sesame; exit 1");
	set_environment("force", NULL, askpass);
	ask_without_terminal(ask_secret, answer, sizeof(answer));
	is_str(answer, want, "askpass: cancelled");
	write_script("echo sesame; kill -9 $$");
	ask_without_terminal(ask_secret, answer, sizeof(answer));
	is_str(answer, want, "askpass: killed");
	free(want);

	write_script("head -c 5000 /dev/zero | tr '\\0' x; exit 0");
	ask_without_terminal(ask_secret, answer, sizeof(answer));
	is_int((long long)strlen(answer), 1023 + 5, "askpass: long answer");

	write_script("trap >&2; echo sesame");
	ask_without_terminal(ask_ignoring, answer, sizeof(answer));
	is_str(answer, "may =sesame", "askpass: SIGCHLD ignored");

	set_environment("force", NULL, "/nonexistent/askpass");
	ask_without_terminal(ask_secret, answer, sizeof(answer));
	is_str(answer,
	       "may !cannot run askpass program /nonexistent/askpass: "
	       "No such file or directory",
	       "askpass: not there");

	write_script("echo window");
	set_environment(NULL, ":0", askpass);
	start(&a, ask_secret, "Q: ");
	ok(shows(&a, "Q: ", 1), "the terminal comes before askpass");
	type(&a, "typed\n");
	finish(&a);
	is_str(a.answer, "=typed", "and is answered on");
	set_environment("prefer", ":0", askpass);
	start(&a, ask_secret, "Q: ");
	finish(&a);
	is_str(a.answer, "=window", "unless askpass is preferred");
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = xasprintf("%s/askpass_test.XXXXXX", tmp ? tmp : "/tmp");

	if (mkdtemp(dir) == NULL)
		abort();
	askpass = xasprintf("%s/askpass", dir);
	test_askpass();
	test_askpass_trouble();
	unlink(askpass);
	rmdir(dir);
	free(askpass);
	free(dir);
	return done_testing();
}
