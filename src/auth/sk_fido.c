/* The part of sk_device.h that talks to the devices themselves. The library is
 * loaded when it is needed, as most never need it. */
#include "auth/sk_device.h"

#include "base/err.h"

#ifdef HAVE_FIDO2

#include <dlfcn.h>
#include <fido.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <string.h>

#include "base/log.h"

enum { DEVICES_MAX = 64, NUMBER_LEN = 32 };

struct fido {
	__typeof__(fido_init) *init;
	__typeof__(fido_dev_info_new) *info_new;
	__typeof__(fido_dev_info_manifest) *manifest;
	__typeof__(fido_dev_info_ptr) *info_ptr;
	__typeof__(fido_dev_info_path) *info_path;
	__typeof__(fido_dev_new) *dev_new;
	__typeof__(fido_dev_open) *dev_open;
	__typeof__(fido_dev_close) *dev_close;
	__typeof__(fido_dev_free) *dev_free;
	__typeof__(fido_dev_has_uv) *has_uv;
	__typeof__(fido_dev_get_assert) *get_assert;
	__typeof__(fido_assert_new) *assert_new;
	__typeof__(fido_assert_free) *assert_free;
	__typeof__(fido_assert_set_clientdata) *set_clientdata;
	__typeof__(fido_assert_set_rp) *set_rp;
	__typeof__(fido_assert_allow_cred) *allow_cred;
	__typeof__(fido_assert_set_up) *set_up;
	__typeof__(fido_assert_set_uv) *set_uv;
	__typeof__(fido_assert_sig_ptr) *sig_ptr;
	__typeof__(fido_assert_sig_len) *sig_len;
	__typeof__(fido_assert_flags) *flags;
	__typeof__(fido_assert_sigcount) *sigcount;
	__typeof__(fido_strerr) *strerr;
};

static int
load(struct fido *f, struct err *e)
{
	const struct {
		const char *name;
		void *place;
	} symbols[] = {
		{ "fido_init", &f->init },
		{ "fido_dev_info_new", &f->info_new },
		{ "fido_dev_info_manifest", &f->manifest },
		{ "fido_dev_info_ptr", &f->info_ptr },
		{ "fido_dev_info_path", &f->info_path },
		{ "fido_dev_new", &f->dev_new },
		{ "fido_dev_open", &f->dev_open },
		{ "fido_dev_close", &f->dev_close },
		{ "fido_dev_free", &f->dev_free },
		{ "fido_dev_has_uv", &f->has_uv },
		{ "fido_dev_get_assert", &f->get_assert },
		{ "fido_assert_new", &f->assert_new },
		{ "fido_assert_free", &f->assert_free },
		{ "fido_assert_set_clientdata", &f->set_clientdata },
		{ "fido_assert_set_rp", &f->set_rp },
		{ "fido_assert_allow_cred", &f->allow_cred },
		{ "fido_assert_set_up", &f->set_up },
		{ "fido_assert_set_uv", &f->set_uv },
		{ "fido_assert_sig_ptr", &f->sig_ptr },
		{ "fido_assert_sig_len", &f->sig_len },
		{ "fido_assert_flags", &f->flags },
		{ "fido_assert_sigcount", &f->sigcount },
		{ "fido_strerr", &f->strerr },
	};
	void *library = dlopen(FIDO2_LIBRARY, RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *symbol =
		    library != NULL ? dlsym(library, symbols[i].name) : NULL;

		if (symbol == NULL)
			return err_set(e, ERR_LOCAL, "%s", dlerror());
		memcpy(symbols[i].place, &symbol, sizeof(symbol));
	}
	return 0;
}

/* The question to a device, but for its options. NULL if it cannot be asked. */
static fido_assert_t *
question(const struct fido *f, const struct sk_request *r)
{
	fido_assert_t *q = f->assert_new();

	if (q != NULL &&
	    (f->set_clientdata(q, r->message.data, r->message.len) != FIDO_OK ||
	     f->set_rp(q, r->application) != FIDO_OK ||
	     f->allow_cred(q, r->handle.data, r->handle.len) != FIDO_OK))
		f->assert_free(&q);
	return q;
}

/* Has the device the key? It tells without a touch. */
static bool
has_key(const struct fido *f, const struct sk_request *r, fido_dev_t *device)
{
	fido_assert_t *q = question(f, r);
	int code = FIDO_ERR_INTERNAL;

	if (q != NULL && f->set_up(q, FIDO_OPT_FALSE) == FIDO_OK)
		code = f->get_assert(device, q, NULL);
	f->assert_free(&q);
	return code == FIDO_OK || code == FIDO_ERR_USER_PRESENCE_REQUIRED;
}

static fido_dev_t *
open_device(const struct fido *f, const fido_dev_info_t *list, size_t i)
{
	const char *path = f->info_path(f->info_ptr(list, i));
	fido_dev_t *device = f->dev_new();
	int code = FIDO_ERR_INTERNAL;

	if (device != NULL && path != NULL)
		code = f->dev_open(device, path);
	if (code == FIDO_OK)
		return device;
	log_debug("security key at %s: %s", path != NULL ? path : "?",
		  f->strerr(code));
	f->dev_free(&device);
	return NULL;
}

/* The device that has the key; the only one is taken as it is. NULL if there is
 * none. */
static fido_dev_t *
find_device(const struct fido *f, const struct sk_request *r)
{
	fido_dev_info_t *list = f->info_new(DEVICES_MAX);
	size_t n = 0;

	if (list == NULL || f->manifest(list, DEVICES_MAX, &n) != FIDO_OK)
		return NULL;
	log_debug("found %zu security key(s)", n);
	for (size_t i = 0; i < n; i++) {
		fido_dev_t *device = open_device(f, list, i);

		if (device == NULL)
			continue;
		if (n == 1 || has_key(f, r, device))
			return device;
		f->dev_close(device);
		f->dev_free(&device);
	}
	return NULL;
}

static enum sk_status
status_of(const struct fido *f, int code, struct err *e)
{
	err_set(e, ERR_LOCAL, "security key: %s", f->strerr(code));
	switch (code) {
	case FIDO_ERR_PIN_REQUIRED:
	case FIDO_ERR_PIN_INVALID:
		return SK_WANTS_PIN;
	case FIDO_ERR_NO_CREDENTIALS:
		return SK_NOT_FOUND;
	case FIDO_ERR_UNSUPPORTED_ALGORITHM:
	case FIDO_ERR_UNSUPPORTED_OPTION:
		return SK_UNSUPPORTED;
	}
	return SK_FAILED;
}

/* Ed25519's signature is what it is; that of ECDSA is in DER. */
static int
put_signature(const struct fido *f, const fido_assert_t *q, bool is_ed25519,
	      struct buf *sig)
{
	struct sk_answer answer = {
		.flags = f->flags(q, 0),
		.counter = f->sigcount(q, 0),
	};
	unsigned char r[NUMBER_LEN], s[NUMBER_LEN];
	const unsigned char *der = f->sig_ptr(q, 0);
	size_t len = f->sig_len(q, 0);
	ECDSA_SIG *pair;
	int rc = -1;

	if (der == NULL)
		return -1;
	if (is_ed25519) {
		wire_init(&answer.r, der, len);
		return sk_answer_put(&answer, is_ed25519, sig);
	}
	pair = d2i_ECDSA_SIG(NULL, &der, (long)len);
	if (pair != NULL &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(pair), r, NUMBER_LEN) > 0 &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(pair), s, NUMBER_LEN) > 0) {
		wire_init(&answer.r, r, sizeof(r));
		wire_init(&answer.s, s, sizeof(s));
		rc = sk_answer_put(&answer, is_ed25519, sig);
	}
	ECDSA_SIG_free(pair);
	return rc;
}

static enum sk_status
ask_device(const struct fido *f, const struct sk_request *r, fido_dev_t *device,
	   struct buf *sig, struct err *e)
{
	fido_assert_t *q = question(f, r);
	enum sk_status status = SK_FAILED;
	int code = FIDO_ERR_INTERNAL;

	if (q != NULL)
		code = f->set_up(q, r->flags & SK_TOUCH ? FIDO_OPT_TRUE
							: FIDO_OPT_FALSE);
	/* a device that knows its user by other means needs no PIN */
	if (code == FIDO_OK && r->flags & SK_VERIFY && r->pin == NULL)
		code = f->has_uv(device) ? f->set_uv(q, FIDO_OPT_TRUE)
					 : FIDO_ERR_PIN_REQUIRED;
	if (code == FIDO_OK)
		code = f->get_assert(device, q, r->pin);
	if (code != FIDO_OK)
		status = status_of(f, code, e);
	else if (put_signature(f, q, r->is_ed25519, sig) == 0)
		status = SK_OK;
	else
		err_set(e, ERR_LOCAL, "security key: it made no signature");
	f->assert_free(&q);
	return status;
}

enum sk_status
sk_fido_sign(const struct sk_request *r, struct buf *sig, struct err *e)
{
	enum sk_status status;
	fido_dev_t *device;
	struct fido f;

	if (load(&f, e) != 0)
		return SK_FAILED;
	f.init(0);
	device = find_device(&f, r);
	if (device == NULL) {
		err_set(e, ERR_LOCAL, "device not found");
		return SK_NOT_FOUND;
	}
	status = ask_device(&f, r, device, sig, e);
	f.dev_close(device);
	f.dev_free(&device);
	return status;
}

#else

enum sk_status
sk_fido_sign(const struct sk_request *r, struct buf *sig, struct err *e)
{
	(void)r;
	(void)sig;
	err_set(e, ERR_LOCAL,
		"internal security key support not enabled: this "
		"hawser was built without libfido2");
	return SK_FAILED;
}

#endif
