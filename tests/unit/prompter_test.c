#include "console/prompter.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "console/console.h"
#include "net/loop.h"
#include "tap.h"

/* A program of askpass's kind: its answer is the question; "wait" waits until
 * somebody has made the file. */
static const char script[] = "#!/bin/sh\n"
			     "case $1 in\n"
			     "*wait*) until [ -e \"$0.go\" ]; do\n"
			     "	sleep 0.02; done ;;\n"
			     "*none*) exit 1 ;;\n"
			     "*empty*) echo; exit ;;\n"
			     "esac\n"
			     "echo \"$1\"\n";

static struct loop *loop;
static char *go;

/* Somebody who asks. */
struct person {
	struct prompter *prompter;
	struct asker asker;
	struct question question;
	enum step step;
	char answer[128];
};

static void
wake(void *arg)
{
	(void)arg;
}

static void
begin(struct person *p, struct console *c, const char *host, const char *text)
{
	memset(p, 0, sizeof(*p));
	p->prompter = prompter_new(c, host, wake, NULL);
	p->asker = prompter_asker(p->prompter);
	p->question.text = text;
	p->step = STEP_AGAIN;
}

static void
step(struct person *p)
{
	struct secret *answer = NULL;

	if (p->step != STEP_AGAIN)
		return;
	p->step = p->asker.ask(p->asker.arg, &p->question, &answer);
	if (p->step == STEP_DONE) {
		snprintf(p->answer, sizeof(p->answer), "%s", answer->text);
		secret_free(answer);
	}
}

/* Everybody asks until these have got to know. */
static void
run_until(const struct person *known, struct person *all, size_t n)
{
	struct err e = { .kind = ERR_NONE };

	for (;;) {
		for (size_t i = 0; i < n; i++)
			step(&all[i]);
		if (known->step != STEP_AGAIN ||
		    loop_run_once(loop, 20, &e) != 0)
			return;
	}
}

static void
end(struct person *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		prompter_free(all[i].prompter);
	unlink(go);
}

static void
let_go(void)
{
	FILE *f = fopen(go, "we");

	if (f == NULL || fclose(f) != 0)
		abort();
}

static void
test_answers(struct console *c)
{
	static const struct {
		const char *what, *text;
		bool is_confirmation;
		enum step step;
		const char *answer;
	} cases[] = {
		{ "an answer", "What? ", false, STEP_DONE, "What? " },
		{ "no answer", "none", false, STEP_FAIL, "" },
		{ "an empty answer", "empty", false, STEP_DONE, "" },
		{ "the first of two buttons", "empty", true, STEP_DONE, "yes" },
		{ "the second", "none", true, STEP_FAIL, "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct person p;

		begin(&p, c, "host", cases[i].text);
		p.question.is_confirmation = cases[i].is_confirmation;
		run_until(&p, &p, 1);
		ok(p.step == cases[i].step, "%s: step", cases[i].what);
		is_str(p.answer, cases[i].answer, "%s: text", cases[i].what);
		end(&p, 1);
	}
}

static void
test_queue(struct console *c)
{
	struct person p[3];

	begin(&p[0], c, "host", "wait 0");
	begin(&p[1], c, "host", "1");
	begin(&p[2], c, "host", "2");
	step(&p[0]);
	step(&p[2]);
	step(&p[1]);
	ok(p[1].step == STEP_AGAIN && p[2].step == STEP_AGAIN,
	   "while one asks, others wait");
	let_go();
	run_until(&p[0], p, 3);
	is_str(p[0].answer, "wait 0", "the first has its answer");
	run_until(&p[2], &p[2], 1);
	is_str(p[2].answer, "2", "then comes who was second");
	ok(p[1].step == STEP_AGAIN, "and not yet who was third");
	run_until(&p[1], p, 3);
	is_str(p[1].answer, "1", "who is the last");
	end(p, 3);
}

static void
test_forgotten(struct console *c)
{
	struct person p[2];

	begin(&p[0], c, "host", "wait");
	begin(&p[1], c, "host", "next");
	step(&p[0]);
	step(&p[1]);
	p[0].asker.forget(p[0].asker.arg);
	p[0].step = STEP_FAIL;
	run_until(&p[1], p, 2);
	is_str(p[1].answer, "next", "a question withdrawn keeps nobody");
	p[0].step = STEP_AGAIN;
	p[0].question.text = "another";
	run_until(&p[0], p, 2);
	is_str(p[0].answer, "another", "and who asked may ask again");
	end(p, 2);

	begin(&p[0], c, "host", "wait");
	begin(&p[1], c, "host", "next");
	step(&p[0]);
	prompter_free(p[0].prompter);
	run_until(&p[1], &p[1], 1);
	is_str(p[1].answer, "next", "nor does somebody who has left");
	end(&p[1], 1);
}

static void
test_hosts(struct console *c)
{
	struct person p[2];

	begin(&p[0], c, "one", "Well? ");
	begin(&p[1], c, "two", "Well? ");
	run_until(&p[0], p, 1);
	is_str(p[0].answer, "[one] Well? ", "of several hosts each is named");
	run_until(&p[1], p, 2);
	is_str(p[1].answer, "[two] Well? ", "and the other");
	end(p, 2);
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");
	char *askpass = xasprintf("%s/prompter-%ld", tmp != NULL ? tmp : "/tmp",
				  (long)getpid());
	struct err e = { .kind = ERR_NONE };
	struct console_params params = { .loop = NULL };
	struct console *c;
	struct conf conf;
	FILE *f = fopen(askpass, "we");

	go = xasprintf("%s.go", askpass);
	if (f == NULL || fputs(script, f) < 0 || fclose(f) != 0 ||
	    chmod(askpass, 0700) != 0)
		abort();
	setenv("SSH_ASKPASS", askpass, 1);
	setenv("SSH_ASKPASS_REQUIRE", "force", 1);
	conf_init(&conf);
	params.loop = loop = loop_new(&e);
	params.conf = &conf;
	c = console_new(&params);
	test_answers(c);
	test_queue(c);
	test_forgotten(c);
	test_hosts(c);
	console_free(c);
	loop_free(loop);
	conf_clear(&conf);
	unlink(askpass);
	free(askpass);
	free(go);
	return done_testing();
}
