#include "tunnel/failure.h"

#include <string.h>

#include "base/err.h"

const char *
failure_class(const struct err *e)
{
	if (strstr(e->text, "Not allowed at this time") != NULL)
		return "penalty";
	if (strstr(e->text, "Exceeded MaxStartups") != NULL)
		return "overload";
	return err_kind_name(e->kind);
}

const char *
failure_line(const struct err *e)
{
	const char *last = strrchr(e->text, '\n');

	return last != NULL ? last + 1 : e->text;
}
