#include "tunnel/failure.h"

#include <string.h>

#include "base/err.h"
#include "base/json.h"

/* OpenSSH's words for who has offended it (PerSourcePenalties). */
bool
failure_is_penalty(const struct err *e)
{
	return strstr(e->text, "Not allowed at this time") != NULL;
}

const char *
failure_class(const struct err *e)
{
	if (failure_is_penalty(e))
		return "penalty";
	if (strstr(e->text, "Exceeded MaxStartups") != NULL)
		return "overload";
	return err_kind_name(e->kind);
}

void
failure_add(struct json *j, const struct err *e)
{
	json_add_string(j, "class", failure_class(e));
	json_add_bool(j, "transient", err_is_transient(e->kind));
	json_add_string(j, "reason", e->text);
}

const char *
failure_line(const struct err *e)
{
	const char *last = strrchr(e->text, '\n');

	return last != NULL ? last + 1 : e->text;
}
