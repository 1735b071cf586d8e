#include "keys/private_key.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "keys/key.h"
#include "keys/openssh_key.h"
#include "keys/pem.h"
#include "keys/pkey.h"
#include "keys/private_parts.h"

enum { FILE_MAX = 1024 * 1024 };

void
private_key_free(struct private_key *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	buf_clear(&k->sk_handle);
	buf_clear(&k->sk_reserved);
	key_free(k->public);
	free(k->comment);
	free(k);
}

const struct key *
private_key_public(const struct private_key *k)
{
	return k->public;
}

const char *
private_key_comment(const struct private_key *k)
{
	return k->comment;
}

void
private_key_sk(const struct private_key *k, struct wire *ret_handle,
	       uint8_t *ret_flags)
{
	wire_init(ret_handle, k->sk_handle.data, k->sk_handle.len);
	*ret_flags = k->sk_flags;
}

/* ssh's words, to the letter. */
static void
set_exposed(const char *path, mode_t mode, struct err *e)
{
#define RULER "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n"
	err_set(e, ERR_LOCAL,
		RULER
		"@         WARNING: UNPROTECTED PRIVATE KEY FILE!          "
		"@\n" RULER "Permissions 0%3.3o for '%s' are too open.\n"
		"It is required that your private key files are NOT "
		"accessible by others.\n"
		"This private key will be ignored.",
		(unsigned)mode & 0777, path);
#undef RULER
}

/* Read the key file, unless check says to refuse it for its permissions. */
static enum private_result
load_file(const char *path, bool check, struct buf *file, struct err *e)
{
	enum private_result result = PRIVATE_UNREADABLE;
	int fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	int error = fd < 0 ? errno : 0;
	struct stat st;

	if (error == 0 && fstat(fd, &st) != 0)
		error = errno;
	if (error == 0 && check && st.st_uid == getuid() &&
	    (st.st_mode & 077) != 0) {
		set_exposed(path, st.st_mode, e);
		result = PRIVATE_EXPOSED;
		goto out;
	}
	if (error == 0)
		error = buf_load_fd(file, fd, FILE_MAX);
	if (error == 0) {
		result = PRIVATE_OK;
		goto out;
	}
	if (error == ENOENT)
		result = PRIVATE_ABSENT;
	err_set(e, ERR_LOCAL, "Load key \"%s\": %s", path, strerror(error));
out:
	if (fd >= 0)
		close(fd);
	return result;
}

/* Put the name, and ssh's word for the failure, in front of what is wrong. */
static void
explain(enum private_result result, const char *name, struct err *e)
{
	switch (result) {
	case PRIVATE_ENCRYPTED:
	case PRIVATE_WRONG_PASSPHRASE:
		err_set(e, ERR_LOCAL,
			"Load key \"%s\": incorrect passphrase supplied to "
			"decrypt private key",
			name);
		break;
	case PRIVATE_BAD_FORMAT:
		err_wrap(e, "Load key \"%s\": invalid format", name);
		e->kind = ERR_LOCAL;
		break;
	case PRIVATE_OK:
	case PRIVATE_ABSENT:
	case PRIVATE_UNREADABLE:
	case PRIVATE_EXPOSED:
		break;
	}
}

static enum private_result
decode_pem(const struct wire *file, const struct secret *passphrase,
	   struct private_key *k, struct err *e)
{
	enum private_result result;

	result = pem_decode(file, passphrase, &k->pkey, e);
	if (result != PRIVATE_OK)
		return result;
	k->public = pkey_public(k->pkey, e);
	k->comment = xstrdup("");
	return k->public != NULL ? PRIVATE_OK : PRIVATE_BAD_FORMAT;
}

enum private_result
private_key_parse(const struct wire *file, const char *name,
		  const struct secret *passphrase, struct private_key **ret_key,
		  struct err *e)
{
	struct private_key *k = xcalloc(1, sizeof(*k));
	enum private_result result;

	if (file->len == 0 || file->len > FILE_MAX) {
		err_set(e, ERR_LOCAL,
			file->len == 0 ? "the file is empty"
				       : "the file is too long");
		result = PRIVATE_BAD_FORMAT;
	} else if (openssh_key_is(file)) {
		result = openssh_key_decode(file, passphrase, k, e);
	} else {
		result = decode_pem(file, passphrase, k, e);
	}
	explain(result, name, e);
	if (result == PRIVATE_OK) {
		*ret_key = k;
		k = NULL;
	}
	private_key_free(k);
	return result;
}

enum private_result
private_key_load(const char *path, const struct secret *passphrase,
		 struct private_key **ret_key, struct err *e)
{
	struct buf file = { .wipe = true };
	enum private_result result = load_file(path, true, &file, e);
	struct wire w;

	wire_init(&w, file.data, file.len);
	if (result == PRIVATE_OK)
		result = private_key_parse(&w, path, passphrase, ret_key, e);
	buf_clear(&file);
	return result;
}

/* The public half and the comment of a key in memory. */
static enum private_result
peek(const struct wire *file, const char *path, struct key **ret_public,
     char **ret_comment, struct err *e)
{
	struct private_key *k = NULL;
	enum private_result result;

	result = private_key_parse(file, path, NULL, &k, e);
	if (result == PRIVATE_OK) {
		*ret_public = key_plain(k->public);
		if (ret_comment != NULL)
			*ret_comment = xstrdup(k->comment);
		private_key_free(k);
		return result;
	}
	/* The format shows the public half of every key, also of those that
	 * are encrypted or that we cannot sign with. */
	if (openssh_key_is(file)) {
		struct key *public = openssh_key_public(file, e);

		if (public == NULL) {
			explain(PRIVATE_BAD_FORMAT, path, e);
			return PRIVATE_BAD_FORMAT;
		}
		*ret_public = public;
		if (ret_comment != NULL)
			*ret_comment = xstrdup("");
		return PRIVATE_OK;
	}
	return result;
}

enum private_result
private_key_peek(const char *path, struct key **ret_public, char **ret_comment,
		 struct err *e)
{
	struct buf file = { .wipe = true };
	enum private_result result = load_file(path, false, &file, e);
	struct wire w;

	wire_init(&w, file.data, file.len);
	if (result == PRIVATE_OK)
		result = peek(&w, path, ret_public, ret_comment, e);
	buf_clear(&file);
	return result;
}
