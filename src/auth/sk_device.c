#include "auth/sk_device.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"

enum { ED25519_SIGNATURE_LEN = 64, P256_NUMBER_MAX = 33 };

/* The interface as PROTOCOL.u2f describes it. */
#define API_VERSION 0x000a0000
#define API_VERSION_MASK 0xffff0000
enum { API_ECDSA, API_ED25519 };
enum {
	API_UNSUPPORTED = -2,
	API_PIN_REQUIRED = -3,
	API_DEVICE_NOT_FOUND = -4,
};

struct sk_sign_response {
	uint8_t flags;
	uint32_t counter;
	uint8_t *sig_r;
	size_t sig_r_len;
	uint8_t *sig_s;
	size_t sig_s_len;
};

struct sk_option;

typedef uint32_t version_fn(void);
/* NOLINTNEXTLINE(readability-function-size): the interface says how many */
typedef int sign_fn(uint32_t alg, const uint8_t *message, size_t message_len,
		    const char *application, const uint8_t *key_handle,
		    size_t key_handle_len, uint8_t flags, const char *pin,
		    struct sk_option **options,
		    struct sk_sign_response **sign_response);

struct provider {
	version_fn *version;
	sign_fn *sign;
};

int
sk_answer_put(const struct sk_answer *a, bool is_ed25519, struct buf *sig)
{
	struct buf inner = BUF_INIT;

	if (is_ed25519 && a->r.len == ED25519_SIGNATURE_LEN) {
		buf_add(&inner, a->r.data, a->r.len);
	} else if (!is_ed25519 && a->r.len > 0 && a->s.len > 0 &&
		   a->r.len <= P256_NUMBER_MAX && a->s.len <= P256_NUMBER_MAX) {
		wire_put_mpint(&inner, a->r.data, a->r.len);
		wire_put_mpint(&inner, a->s.data, a->s.len);
	} else {
		return -1;
	}
	wire_put_string(sig, inner.data, inner.len);
	wire_put_byte(sig, a->flags);
	wire_put_u32(sig, a->counter);
	buf_clear(&inner);
	return 0;
}

/* dlsym() gives pointers to data. */
static int
find(void *library, const char *name, void *place)
{
	void *symbol = dlsym(library, name);

	memcpy(place, &symbol, sizeof(symbol));
	return symbol != NULL ? 0 : -1;
}

/* It stays loaded: what it has begun may go on. */
static int
load(const char *path, struct provider *p, struct err *e)
{
	void *library = dlopen(path, RTLD_NOW);
	uint32_t version;

	if (library == NULL)
		return err_set(e, ERR_LOCAL,
			       "Provider \"%s\" dlopen failed: %s", path,
			       dlerror());
	if (find(library, "sk_api_version", &p->version) != 0 ||
	    find(library, "sk_sign", &p->sign) != 0)
		return err_set(e, ERR_LOCAL,
			       "provider %s is not an OpenSSH FIDO library",
			       path);
	version = p->version();
	log_debug("provider %s implements version 0x%08lx", path,
		  (unsigned long)version);
	if ((version & API_VERSION_MASK) != API_VERSION)
		return err_set(e, ERR_LOCAL,
			       "Provider \"%s\" implements unsupported version "
			       "0x%08lx (supported: 0x%08lx)",
			       path, (unsigned long)version,
			       (unsigned long)API_VERSION);
	return 0;
}

static enum sk_status
status_of(int code, const char *path, struct err *e)
{
	err_set(e, ERR_LOCAL, "Provider \"%s\" returned failure %d", path,
		code);
	switch (code) {
	case API_UNSUPPORTED:
		return SK_UNSUPPORTED;
	case API_PIN_REQUIRED:
		return SK_WANTS_PIN;
	case API_DEVICE_NOT_FOUND:
		return SK_NOT_FOUND;
	}
	return SK_FAILED;
}

enum sk_status
sk_device_sign(const struct sk_request *r, struct buf *sig, struct err *e)
{
	struct sk_sign_response *response = NULL;
	struct sk_option *no_options = NULL;
	struct provider p = { NULL, NULL };
	struct sk_answer answer;
	int code;

	if (strcmp(r->provider, SK_INTERNAL) == 0)
		return sk_fido_sign(r, sig, e);
	if (load(r->provider, &p, e) != 0)
		return SK_FAILED;
	code = p.sign(r->is_ed25519 ? API_ED25519 : API_ECDSA, r->message.data,
		      r->message.len, r->application, r->handle.data,
		      r->handle.len, r->flags, r->pin, &no_options, &response);
	if (code != 0)
		return status_of(code, r->provider, e);
	memset(&answer, 0, sizeof(answer));
	if (response != NULL && response->sig_r != NULL)
		wire_init(&answer.r, response->sig_r, response->sig_r_len);
	if (response != NULL && response->sig_s != NULL)
		wire_init(&answer.s, response->sig_s, response->sig_s_len);
	if (response != NULL) {
		answer.flags = response->flags;
		answer.counter = response->counter;
	}
	/* the response is the copy's, which ends */
	if (sk_answer_put(&answer, r->is_ed25519, sig) == 0)
		return SK_OK;
	err_set(e, ERR_LOCAL, "Provider \"%s\": sk_sign response invalid",
		r->provider);
	return SK_FAILED;
}
