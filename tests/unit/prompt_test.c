#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "asker.h"
#include "base/err.h"
#include "base/secret.h"
#include "tap.h"

static void
test_secret(void)
{
	static const struct {
		const char *what, *keys, *answer;
	} cases[] = {
		{ "a password", "sesame\n", "=sesame" },
		{ "an empty one", "\n", "=" },
		{ "the end of input", "\004", "=" },
		{ "an edited one", "xx\025ses\177same\n", "=sesame" },
		{ "carriage return", "sesame\r", "=sesame" },
		{ "bytes above ASCII", "s\303\251same\n", "=s\303\251same" },
	};

	set_environment(NULL, NULL, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct asker a;
		int status;

		start(&a, ask_secret, "ada@host's password: ");
		ok(shows(&a, "ada@host's password: ", 1), "%s: asked",
		   cases[i].what);
		ok(!has_echo(&a), "%s: no echo", cases[i].what);
		type(&a, cases[i].keys);
		status = finish(&a);
		is_str(a.answer, cases[i].answer, "%s: answer", cases[i].what);
		is_int(status, 0, "%s: status", cases[i].what);
		is_str(a.screen, "\rada@host's password: \r\n", "%s: screen",
		       cases[i].what);
	}
}

static void
test_long_secret(void)
{
	struct asker a;
	char keys[1502];

	memset(keys, 'x', sizeof(keys));
	keys[1500] = '\n';
	keys[1501] = '\0';
	start(&a, ask_secret, "Password: ");
	shows(&a, "Password: ", 1);
	type(&a, keys);
	finish(&a);
	is_int((long long)strlen(a.answer), 1024, "a long answer is cut");
}

static void
test_restored(ask_fn *ask, const char *what)
{
	struct asker a;
	struct termios before, after;
	int fds[2], slave;

	/* What a new terminal has: the child may be quick. It stays after the
	 * question, for us to look at. */
	memset(&a, 0, sizeof(a));
	if (pipe(fds) != 0 || openpty(&a.master, &slave, NULL, NULL, NULL) != 0)
		abort();
	tcgetattr(slave, &before);
	close(slave);
	close(a.master);
	a.pid = forkpty(&a.master, NULL, &before, NULL);
	if (a.pid == 0) {
		report(fds[1], ask, "Q: ");
		close(fds[1]);
		pause();
	}
	close(fds[1]);
	a.result = fds[0];
	shows(&a, "Q: ", 1);
	ok(waits_hidden(&a), "%s: other settings while asking", what);
	type(&a, "y\n");
	while (gather(a.result, a.answer, sizeof(a.answer)))
		;
	is_str(a.answer, "=y", "%s: answered", what);
	tcgetattr(a.master, &after);
	ok(memcmp(&before.c_lflag, &after.c_lflag, sizeof(tcflag_t)) == 0 &&
	       before.c_iflag == after.c_iflag &&
	       before.c_oflag == after.c_oflag,
	   "%s: settings are back", what);
	kill(a.pid, SIGKILL);
	finish(&a);
}

/* A signal ends the program, with the terminal as it was before. */
static void
test_fatal_signals(ask_fn *ask, const char *what)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct asker a;
		int status, keeper;

		start(&a, ask, "Q: ");
		shows(&a, "Q: ", 1);
		waits_hidden(&a);
		/* The settings outlive the child only if the terminal does. */
		keeper = open(ptsname(a.master), O_RDWR | O_NOCTTY);
		if (signals[i] == SIGINT)
			type(&a, "abc\003");
		else
			kill(a.pid, signals[i]);
		while (gather(a.result, a.answer, sizeof(a.answer)))
			;
		ok(has_echo(&a), "%s, signal %d: terminal restored", what,
		   signals[i]);
		close(keeper);
		status = finish(&a);
		ok(WIFSIGNALED(status) && WTERMSIG(status) == signals[i],
		   "%s, signal %d: it ended the program", what, signals[i]);
		is_str(a.answer, "", "%s, signal %d: no answer", what,
		       signals[i]);
	}
}

/* Ignored by whoever started us: stays ignored. */
static struct secret *
ask_deaf(const char *question, struct err *e)
{
	signal(SIGINT, SIG_IGN);
	return ask_secret(question, e);
}

static volatile sig_atomic_t was_handled;

static void
handle(int signo)
{
	(void)signo;
	was_handled = 1;
}

static struct secret *
ask_handling(const char *question, struct err *e)
{
	struct secret *s;

	signal(SIGTERM, handle);
	s = ask_secret(question, e);
	if (!was_handled)
		err_set(e, ERR_LOCAL, "not handled");
	return s;
}

static void
test_other_signals(void)
{
	struct asker a;
	int status;

	start(&a, ask_deaf, "Q: ");
	shows(&a, "Q: ", 1);
	kill(a.pid, SIGINT);
	kill(a.pid, SIGWINCH);
	type(&a, "sesame\n");
	finish(&a);
	is_str(a.answer, "=sesame", "an ignored signal changes nothing");

	start(&a, ask_handling, "Q: ");
	shows(&a, "Q: ", 1);
	kill(a.pid, SIGTERM);
	finish(&a);
	is_str(a.answer, "!the question was not answered",
	       "a handled one cancels the question and reaches its handler");

	/* Stop and continue, as a shell does it. */
	start(&a, ask_secret, "Q: ");
	shows(&a, "Q: ", 1);
	kill(a.pid, SIGSTOP);
	waitpid(a.pid, &status, WUNTRACED);
	kill(a.pid, SIGCONT);
	type(&a, "sesame\n");
	finish(&a);
	is_str(a.answer, "=sesame", "a pause changes nothing");
}

/*
 * ^Z and fg. The session leader plays the shell: it puts the asker into a
 * foreground group of its own, and continues it once it has stopped.
 */
static struct secret *
ask_below_shell(ask_fn *ask, const char *question, struct err *e)
{
	struct termios tio;
	int fds[2], status = 0;
	char answer[256];
	ssize_t n;
	pid_t pid;

	signal(SIGTTOU, SIG_IGN);
	if (pipe(fds) != 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		setpgid(0, 0);
		tcsetpgrp(0, getpgrp());
		signal(SIGTTOU, SIG_DFL);
		report(fds[1], ask, question);
		_exit(0);
	}
	close(fds[1]);
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status)) {
		err_set(e, ERR_LOCAL, "not stopped");
		return NULL;
	}
	tcsetpgrp(0, getpgrp());
	if (tcgetattr(0, &tio) == 0 && (tio.c_lflag & ECHO) != 0)
		dprintf(1, "[echo]");
	/* Continued in the background, it must stop again. */
	kill(pid, SIGCONT);
	waitpid(pid, &status, WUNTRACED);
	if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTOU)
		dprintf(1, "[background]");
	tcsetpgrp(0, pid);
	kill(pid, SIGCONT);
	n = read(fds[0], answer, sizeof(answer));
	waitpid(pid, &status, 0);
	return n >= 0 ? secret_new(answer, (size_t)n) : NULL;
}

static struct secret *
ask_secret_below_shell(const char *question, struct err *e)
{
	return ask_below_shell(ask_secret, question, e);
}

static struct secret *
ask_line_below_shell(const char *question, struct err *e)
{
	return ask_below_shell(ask_line, question, e);
}

static void
test_stop(ask_fn *ask, const char *what)
{
	struct asker a;

	start(&a, ask, "Q: ");
	shows(&a, "Q: ", 1);
	waits_hidden(&a);
	type(&a, "wrong\032");
	ok(shows(&a, "[echo]", 1), "%s: stopped with the terminal right", what);
	ok(shows(&a, "[background]", 1), "%s: stopped in the background", what);
	ok(shows(&a, "Q: ", 2), "%s: asked again", what);
	waits_hidden(&a);
	type(&a, "sesame\n");
	finish(&a);
	is_str(a.answer, "==sesame", "%s: answered", what);
}

static void
test_line(const char *term)
{
	static const struct {
		const char *what, *keys, *answer;
	} cases[] = {
		{ "a line", "yes\n", "=yes" },
		{ "an empty line", "\n", "=" },
		{ "the end of input", "\004", "=" },
		{ "an edited line", "nn\025yy\177es\n", "=yes" },
		{ "spaces", " a b \n", "= a b " },
	};
	const char *question = "The host is unknown.\nIt looks odd.\n"
			       "Continue (yes/no)? ";

	if (term != NULL)
		setenv("TERM", term, 1);
	else
		unsetenv("TERM");
	set_environment(NULL, NULL, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *name = term != NULL ? term : "no TERM";
		struct asker a;
		int status;

		start(&a, ask_line, question);
		ok(shows(&a, "Continue (yes/no)? ", 1), "%s, %s: asked", name,
		   cases[i].what);
		ok(strstr(a.screen, "The host is unknown.\r\nIt looks odd.") !=
		       NULL,
		   "%s, %s: all lines are shown", name, cases[i].what);
		/* libedit drops what was typed before it is ready */
		if (term != NULL && strcmp(term, "dumb") != 0)
			waits_hidden(&a);
		type(&a, cases[i].keys);
		status = finish(&a);
		is_str(a.answer, cases[i].answer, "%s, %s: answer", name,
		       cases[i].what);
		is_int(status, 0, "%s, %s: status", name, cases[i].what);
		ok(a.screen[strlen(a.screen) - 1] == '\n', "%s, %s: line ended",
		   name, cases[i].what);
	}
}

/* libedit gives what the line discipline cannot: moving about. */
static void
test_editing(void)
{
	struct asker a;

	setenv("TERM", "xterm", 1);
	start(&a, ask_line, "Q: ");
	shows(&a, "Q: ", 1);
	waits_hidden(&a);
	type(&a, "es\001y\n");
	finish(&a);
	is_str(a.answer, "=yes", "^A goes to the start of the line");
}

/* Whoever waits for the text of a prompt finds it, however long it is. */
static void
test_long_prompt(void)
{
	struct asker a;
	char question[201];

	memset(question, '?', sizeof(question));
	question[200] = '\0';
	start(&a, ask_line, question);
	ok(shows(&a, question, 1), "a long prompt is shown in one piece");
	type(&a, "yes\n");
	finish(&a);
	is_str(a.answer, "=yes", "and answered");
}

#define ASKERS 8

/* Some processes ask on one terminal. What comes of those that do not end. */
static struct secret *
ask_with_others(const char *question, struct err *e)
{
	int status, late = 0;

	signal(SIGINT, SIG_IGN);
	for (int i = 0; i < ASKERS; i++)
		if (fork() == 0) {
			signal(SIGINT, SIG_DFL);
			alarm(PATIENCE_MS / 2000);
			secret_free(ask_secret(question, e));
			_exit(0);
		}
	while (wait(&status) > 0)
		late += WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
	return secret_new(late > 0 ? "late" : "over", 4);
}

/* All see the line, one gets it: the others must still see the ^C. */
static void
test_race(void)
{
	struct asker a;

	for (int i = 0; i < 10; i++) {
		start(&a, ask_with_others, "Q: ");
		shows(&a, "Q: ", ASKERS);
		type(&a, "\n");
		shows(&a, "\n", 1);
		type(&a, "\003");
		finish(&a);
		if (!is_str(a.answer, "=over", "questions at once, %d", i))
			return;
	}
}

int
main(void)
{
	set_environment(NULL, NULL, NULL);
	setenv("TERM", "xterm", 1);
	test_secret();
	test_long_secret();
	test_other_signals();
	test_restored(ask_secret, "secret");
	test_restored(ask_line, "line");
	test_fatal_signals(ask_secret, "secret");
	test_fatal_signals(ask_line, "line");
	test_stop(ask_secret_below_shell, "secret");
	test_stop(ask_line_below_shell, "line");
	test_line("dumb");
	test_line(NULL);
	test_line("xterm");
	test_line("no-such-terminal");
	test_editing();
	test_long_prompt();
	test_race();
	return done_testing();
}
