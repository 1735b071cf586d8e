#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/forward_spec.h"
#include "base/log.h"
#include "fake_engine.h"
#include "forward/berth.h"
#include "forward/forwards_params.h"
#include "tap.h"

static struct session session = { .engine = &fake_engine };

static void
wake(void *arg)
{
	(void)arg;
}

/* What becomes of a refusal? */
static const struct row {
	const char *name;
	bool reconnects, is_fatal, takes_over;
	bool was_up; /* it was there before */
	const char *remark;
	enum forward_phase phase;
	enum err_kind kind;
} rows[] = {
	{ "as with ssh", false, false, false, false, NULL, FORWARD_REFUSED,
	  ERR_FORWARD },
	{ "as with ssh, fatal", false, true, false, false, NULL,
	  FORWARD_REFUSED, ERR_FORWARD },
	{ "at first", true, false, false, false, NULL, FORWARD_WAITING,
	  ERR_NONE },
	{ "at first, fatal", true, true, false, false, NULL, FORWARD_REFUSED,
	  ERR_FORWARD },
	{ "again", true, false, false, true, NULL, FORWARD_WAITING, ERR_NONE },
	{ "again, fatal", true, true, false, true, NULL, FORWARD_WAITING,
	  ERR_UNAVAILABLE },
	{ "again, fatal, taken over", true, true, true, true, NULL,
	  FORWARD_WAITING, ERR_NONE },
	{ "forbidden", true, false, false, true,
	  "Server has disabled port forwarding.", FORWARD_REFUSED,
	  ERR_CHANNEL },
	{ "this one is forbidden", true, true, true, true,
	  "port forwarding refused", FORWARD_REFUSED, ERR_CHANNEL },
	{ "something else was said", true, false, false, true,
	  "key options: port-forwarding", FORWARD_WAITING, ERR_NONE },
};

static struct berth *
make(const struct forwards_params *params, const struct forward_spec *spec,
     bool was_up)
{
	struct berth *b = berth_new(params, spec, "8080 [web]:80");
	struct err e = { .kind = ERR_NONE };

	fake.is_taken = false;
	fake.remark = NULL;
	if (was_up) {
		berth_attach(b, &session, &e);
		berth_step(b);
		berth_detach(b);
	}
	return b;
}

static void
test_refusal(const struct row *row)
{
	const struct forwards_params params = {
		.failure_is_fatal = row->is_fatal,
		.reconnects = row->reconnects,
		.takes_over = row->takes_over,
		.wake = wake,
	};
	char host[] = "web";
	const struct forward_spec spec = {
		.listen.port = 8080,
		.connect = { .host = host, .port = 80 },
	};
	struct berth *b = make(&params, &spec, row->was_up);
	struct err e = { .kind = ERR_NONE };

	fake.is_taken = true;
	fake.remark = row->remark;
	berth_attach(b, &session, &e);
	berth_step(b);
	is_int(berth_phase(b), row->phase, "%s: what becomes of it", row->name);
	berth_failure(b, &e);
	is_int(e.kind, row->kind, "%s: what it means", row->name);
	fake.asked = 0;
	fake.is_taken = false;
	berth_step(b);
	berth_hurry(b);
	berth_step(b);
	berth_step(b);
	is_int(fake.asked, row->phase == FORWARD_WAITING,
	       "%s: is it asked again", row->name);
	is_int(berth_phase(b) == FORWARD_UP, row->phase == FORWARD_WAITING,
	       "%s: and then had", row->name);
	berth_free(b);
}

static void
test_chosen_port(void)
{
	const struct forwards_params params = {
		.reconnects = true,
		.wake = wake,
	};
	const struct forward_spec spec = { .listen.port = 0 };
	struct berth *b = make(&params, &spec, false);
	struct err e = { .kind = ERR_NONE };

	is_int(berth_port(b), 0, "which port is not known");
	berth_attach(b, &session, &e);
	berth_step(b);
	is_int(berth_port(b), 4000, "before it was chosen");
	berth_detach(b);
	is_int(berth_phase(b), FORWARD_DOWN, "and lost with the session");
	berth_attach(b, &session, &e);
	is_int(fake.asked_port, 4000, "then the same is asked for");
	berth_free(b);
}

static void
test_pauses(void)
{
	is_int(berth_pause_ms(0), 1000, "at first every second");
	is_int(berth_pause_ms(29999), 1000, "for half a minute");
	is_int(berth_pause_ms(30000), 5000, "then every five");
	is_int(berth_pause_ms(300000), 30000, "then every thirty");
}

int
main(void)
{
	log_set_level(LOG_LEVEL_QUIET);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		test_refusal(&rows[i]);
	test_chosen_port();
	test_pauses();
	free(session.remark);
	return done_testing();
}
