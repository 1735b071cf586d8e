#include "base/asker.h"

#include <strings.h>

#include "base/secret.h"

enum step
asker_is_yes(const struct asker *a, const struct question *q)
{
	struct secret *answer;
	enum step step = a->ask(a->arg, q, &answer);

	if (step != STEP_DONE)
		return step;
	if (strcasecmp(answer->text, "yes") != 0)
		step = STEP_FAIL;
	secret_free(answer);
	return step;
}

enum step
asker_confirm(const struct asker *a, const char *text)
{
	const struct question q = {
		.text = text,
		.echo = true,
		.is_confirmation = true,
	};

	return asker_is_yes(a, &q);
}
