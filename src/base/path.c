#include "base/path.h"

#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
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

char *
path_expand_tokens(const char *text, const struct path_token *tokens,
		   size_t n_tokens, struct err *e)
{
	struct buf out = BUF_INIT;

	for (; *text != '\0'; text++) {
		const char *value;

		if (*text != '%') {
			buf_add_byte(&out, (unsigned char)*text);
			continue;
		}
		text++;
		if (*text == '\0') {
			err_set(e, ERR_CONF, "unfinished %% at the end");
			goto fail;
		}
		value = token_value(*text, tokens, n_tokens);
		if (value == NULL) {
			err_set(e, ERR_CONF, "unknown key %%%c", *text);
			goto fail;
		}
		buf_add_str(&out, value);
	}
	return buf_take_str(&out);
fail:
	buf_clear(&out);
	return NULL;
}

/* Append the value of the variable called by the first len bytes of name. */
static int
add_variable(struct buf *out, const char *name, size_t len, struct err *e)
{
	char *key = xstrndup(name, len);
	const char *value = getenv(key);
	int rc = 0;

	if (len == 0)
		rc = err_set(e, ERR_CONF, "zero-length environment variable");
	else if (value == NULL)
		rc = err_set(e, ERR_CONF, "env var ${%s} has no value", key);
	else
		buf_add_str(out, value);
	free(key);
	return rc;
}

char *
path_expand_env(const char *text, struct err *e)
{
	struct buf out = BUF_INIT;

	while (*text != '\0') {
		const char *end;

		if (strncmp(text, "${", 2) != 0) {
			buf_add_byte(&out, (unsigned char)*text++);
			continue;
		}
		text += 2;
		end = strchr(text, '}');
		if (end == NULL) {
			err_set(e, ERR_CONF,
				"environment variable '%s' missing closing '}'",
				text);
			goto fail;
		}
		if (add_variable(&out, text, (size_t)(end - text), e) != 0)
			goto fail;
		text = end + 1;
	}
	return buf_take_str(&out);
fail:
	buf_clear(&out);
	return NULL;
}
