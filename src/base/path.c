#include "base/path.h"

#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/xalloc.h"

const char *
path_home(void)
{
	static char *home; /* looked up once; never freed */
	const struct passwd *pw;

	if (home == NULL && (pw = getpwuid(getuid())) != NULL)
		home = xstrdup(pw->pw_dir);
	return home;
}

const char *
path_user(void)
{
	static char *user; /* looked up once; never freed */
	const struct passwd *pw;

	if (user == NULL && (pw = getpwuid(getuid())) != NULL)
		user = xstrdup(pw->pw_name);
	return user;
}

static char *
home_of(const char *user, struct err *e)
{
	const struct passwd *pw = getpwnam(user);

	if (pw == NULL) {
		err_set(e, ERR_CONF, "No such user %s", user);
		return NULL;
	}
	return xstrdup(pw->pw_dir);
}

char *
path_expand_tilde(const char *path, struct err *e)
{
	char *home = NULL, *user = NULL, *result = NULL;
	size_t len, home_len;

	if (path[0] != '~')
		return xstrdup(path);
	path++;
	len = strcspn(path, "/");
	if (len > 0) {
		user = xstrndup(path, len);
		home = home_of(user, e);
	} else if (path_home() != NULL) {
		home = xstrdup(path_home());
	} else {
		err_set(e, ERR_CONF, "No user exists for uid %ld",
			(long)getuid());
	}
	if (home != NULL) {
		path += len;
		home_len = strlen(home);
		/* "/" + "/x" is "/x". */
		if (*path == '/' && home_len > 0 && home[home_len - 1] == '/')
			path++;
		result = xasprintf("%s%s", home, path);
	}
	free(user);
	free(home);
	return result;
}

static const char *
token_value(char letter, const struct path_token *tokens, size_t n_tokens)
{
	if (letter == '%')
		return "%";
	for (size_t i = 0; i < n_tokens; i++) {
		if (tokens[i].letter == letter)
			return tokens[i].value;
	}
	return NULL;
}

/* What text is expanded with; either may be missing. */
struct expansion {
	const struct path_token *tokens;
	size_t n_tokens;
	bool has_tokens, has_variables;
	struct buf out;
};

/* Append the value of the token whose letter is at **at. */
static int
add_token(struct expansion *x, const char **at, struct err *e)
{
	char letter = *(*at)++;
	const char *value;

	if (letter == '\0')
		return err_set(e, ERR_CONF, "unfinished %% at the end");
	value = token_value(letter, x->tokens, x->n_tokens);
	if (value == NULL)
		return err_set(e, ERR_CONF, "unknown key %%%c", letter);
	buf_add_str(&x->out, value);
	return 0;
}

/* Append the value of the variable whose name, up to a brace, is at *at. */
static int
add_variable(struct expansion *x, const char **at, struct err *e)
{
	const char *end = strchr(*at, '}');
	const char *value;
	char *name;
	int rc = 0;

	if (end == NULL)
		return err_set(e, ERR_CONF,
			       "environment variable '%s' missing closing '}'",
			       *at);
	if (end == *at)
		return err_set(e, ERR_CONF, "zero-length environment variable");
	name = xstrndup(*at, (size_t)(end - *at));
	value = getenv(name);
	if (value == NULL)
		rc = err_set(e, ERR_CONF, "env var ${%s} has no value", name);
	else
		buf_add_str(&x->out, value);
	free(name);
	*at = end + 1;
	return rc;
}

static char *
expand(struct expansion *x, const char *text, struct err *e)
{
	int rc = 0;

	while (rc == 0 && *text != '\0') {
		if (x->has_tokens && *text == '%') {
			text++;
			rc = add_token(x, &text, e);
		} else if (x->has_variables && str_starts(text, "${")) {
			text += 2;
			rc = add_variable(x, &text, e);
		} else {
			buf_add_byte(&x->out, (unsigned char)*text++);
		}
	}
	if (rc == 0)
		return buf_take_str(&x->out);
	buf_clear(&x->out);
	return NULL;
}

char *
path_expand_tokens(const char *text, const struct path_token *tokens,
		   size_t n_tokens, struct err *e)
{
	struct expansion x = {
		.tokens = tokens,
		.n_tokens = n_tokens,
		.has_tokens = true,
	};

	return expand(&x, text, e);
}

char *
path_expand_env(const char *text, struct err *e)
{
	struct expansion x = { .has_variables = true };

	return expand(&x, text, e);
}

char *
path_expand(const char *text, const struct path_token *tokens, size_t n_tokens,
	    struct err *e)
{
	struct expansion x = {
		.tokens = tokens,
		.n_tokens = n_tokens,
		.has_tokens = true,
		.has_variables = true,
	};

	return expand(&x, text, e);
}
