#include "auth/token_keys.h"

#include "base/err.h"

#ifdef HAVE_PKCS11

#include <dlfcn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "auth/token_digest.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "keys/agent_wire.h"
#include "keys/key.h"
#include "keys/pkey.h"

enum { SLOTS_MAX = 64, OBJECTS_MAX = 256, LABEL_LEN = 32, VALUE_MAX = 65536 };
enum { SIGNATURE_MAX = 2048 };

struct slot {
	CK_SESSION_HANDLE session;
	char *name;         /* of its token */
	bool has_keypad;    /* its reader asks for the PIN itself */
	bool was_asked;     /* the reader, once: see token.h */
	struct secret *pin; /* for keys that want it each time */
};

struct entry {
	struct slot *slot;
	struct key *key;
	char *label;
	struct buf id; /* CKA_ID, which its private half has, too */
};

struct token_keys {
	CK_FUNCTION_LIST *call;
	struct slot slots[SLOTS_MAX];
	size_t n_slots;
	struct entry entries[OBJECTS_MAX];
	size_t n_entries;
};

/* One attribute, which may be of any length. */
static int
get(const struct token_keys *t, const struct slot *slot,
    CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, struct buf *ret)
{
	CK_ATTRIBUTE a = { type, NULL, 0 };

	buf_reset(ret);
	if (t->call->C_GetAttributeValue(slot->session, object, &a, 1) !=
		CKR_OK ||
	    a.ulValueLen > VALUE_MAX)
		return -1;
	a.pValue = buf_room(ret, a.ulValueLen + 1);
	if (t->call->C_GetAttributeValue(slot->session, object, &a, 1) !=
		CKR_OK ||
	    a.ulValueLen > VALUE_MAX)
		return -1;
	ret->len = a.ulValueLen;
	return 0;
}

/* --- what a token shows --- */

static struct key *
rsa_key(const struct token_keys *t, const struct slot *slot,
	CK_OBJECT_HANDLE object)
{
	struct buf n = BUF_INIT, exponent = BUF_INIT, blob = BUF_INIT;
	struct err ignored = { .kind = ERR_NONE };
	struct key *key = NULL;

	if (get(t, slot, object, CKA_MODULUS, &n) == 0 &&
	    get(t, slot, object, CKA_PUBLIC_EXPONENT, &exponent) == 0) {
		wire_put_cstring(&blob, "ssh-rsa");
		wire_put_mpint(&blob, exponent.data, exponent.len);
		wire_put_mpint(&blob, n.data, n.len);
		key = key_from_plain_blob(blob.data, blob.len, &ignored);
	}
	buf_clear(&n);
	buf_clear(&exponent);
	buf_clear(&blob);
	return key;
}

static struct key *
ecdsa_key(const struct token_keys *t, const struct slot *slot,
	  CK_OBJECT_HANDLE object)
{
	struct buf params = BUF_INIT, value = BUF_INIT, blob = BUF_INIT;
	struct err ignored = { .kind = ERR_NONE };
	const char *curve = NULL;
	struct key *key = NULL;
	struct wire point;

	if (get(t, slot, object, CKA_EC_PARAMS, &params) == 0)
		curve = token_curve(params.data, params.len);
	if (curve != NULL && get(t, slot, object, CKA_EC_POINT, &value) == 0) {
		wire_init(&point, value.data, value.len);
		token_unwrap_point(&point);
		wire_put_u32(&blob,
			     (uint32_t)(strlen("ecdsa-sha2-") + strlen(curve)));
		buf_addf(&blob, "ecdsa-sha2-%s", curve);
		wire_put_cstring(&blob, curve);
		wire_put_string(&blob, point.data, point.len);
		key = key_from_plain_blob(blob.data, blob.len, &ignored);
	}
	buf_clear(&params);
	buf_clear(&value);
	buf_clear(&blob);
	return key;
}

static struct key *
public_key(const struct token_keys *t, const struct slot *slot,
	   CK_OBJECT_HANDLE object)
{
	CK_KEY_TYPE type = 0;
	CK_ATTRIBUTE a = { CKA_KEY_TYPE, &type, sizeof(type) };

	if (t->call->C_GetAttributeValue(slot->session, object, &a, 1) !=
	    CKR_OK)
		return NULL;
	if (type == CKK_RSA)
		return rsa_key(t, slot, object);
	return type == CKK_EC ? ecdsa_key(t, slot, object) : NULL;
}

/* The key in an X.509 certificate: of some tokens it is all that is shown. */
static struct key *
certified_key(const struct token_keys *t, const struct slot *slot,
	      CK_OBJECT_HANDLE object)
{
	struct err ignored = { .kind = ERR_NONE };
	struct buf value = BUF_INIT;
	const unsigned char *der;
	struct key *key = NULL;
	X509 *x509 = NULL;

	if (get(t, slot, object, CKA_VALUE, &value) == 0) {
		der = value.data;
		x509 = d2i_X509(NULL, &der, (long)value.len);
	}
	if (x509 != NULL && X509_get0_pubkey(x509) != NULL)
		key = pkey_public(X509_get0_pubkey(x509), &ignored);
	X509_free(x509);
	buf_clear(&value);
	return key;
}

static const struct entry *
find_entry(const struct token_keys *t, const void *blob, size_t len)
{
	for (const struct entry *it = t->entries;
	     it < t->entries + t->n_entries; it++)
		if (it->key->len == len &&
		    memcmp(it->key->blob, blob, len) == 0)
			return it;
	return NULL;
}

static void
add(struct token_keys *t, struct slot *slot, CK_OBJECT_HANDLE object,
    struct key *key)
{
	struct entry *entry = &t->entries[t->n_entries];
	struct buf label = BUF_INIT;

	if (key == NULL || !token_can_sign(key) ||
	    t->n_entries == OBJECTS_MAX ||
	    find_entry(t, key->blob, key->len) != NULL ||
	    get(t, slot, object, CKA_ID, &entry->id) != 0) {
		key_free(key);
		return;
	}
	(void)get(t, slot, object, CKA_LABEL, &label);
	entry->slot = slot;
	entry->key = key;
	entry->label =
	    xstrndup(buf_str(&label), strcspn(buf_str(&label), "\t"));
	buf_clear(&label);
	t->n_entries++;
}

/* The objects that fit, at most OBJECTS_MAX. */
static size_t
find(const struct token_keys *t, const struct slot *slot, CK_ATTRIBUTE *wanted,
     CK_ULONG n_wanted, CK_OBJECT_HANDLE *objects)
{
	CK_ULONG n = 0;

	if (t->call->C_FindObjectsInit(slot->session, wanted, n_wanted) !=
	    CKR_OK)
		return 0;
	if (t->call->C_FindObjects(slot->session, objects, OBJECTS_MAX, &n) !=
		CKR_OK ||
	    n > OBJECTS_MAX)
		n = 0;
	t->call->C_FindObjectsFinal(slot->session);
	return n;
}

static void
look_into(struct token_keys *t, struct slot *slot)
{
	CK_OBJECT_HANDLE objects[OBJECTS_MAX];
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_ATTRIBUTE wanted = { CKA_CLASS, &class, sizeof(class) };
	size_t n = find(t, slot, &wanted, 1, objects);

	for (size_t i = 0; i < n; i++)
		add(t, slot, objects[i], public_key(t, slot, objects[i]));
	class = CKO_CERTIFICATE;
	n = find(t, slot, &wanted, 1, objects);
	for (size_t i = 0; i < n; i++)
		add(t, slot, objects[i], certified_key(t, slot, objects[i]));
}

/* --- the library --- */

/* Names are padded with blanks. */
static char *
trim(const unsigned char *text)
{
	size_t len = LABEL_LEN;

	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\0'))
		len--;
	return xstrndup((const char *)text, len);
}

static void
open_slot(struct token_keys *t, CK_SLOT_ID id)
{
	struct slot *slot = &t->slots[t->n_slots];
	CK_TOKEN_INFO info;

	memset(&info, 0, sizeof(info));
	if (t->n_slots == SLOTS_MAX ||
	    t->call->C_GetTokenInfo(id, &info) != CKR_OK ||
	    !(info.flags & CKF_TOKEN_INITIALIZED) ||
	    t->call->C_OpenSession(id, CKF_SERIAL_SESSION, NULL, NULL,
				   &slot->session) != CKR_OK)
		return;
	slot->name = trim(info.label);
	slot->has_keypad =
	    (info.flags & CKF_LOGIN_REQUIRED) != 0 &&
	    (info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
	t->n_slots++;
	look_into(t, slot);
	log_debug("token %s: %zu keys so far", slot->name, t->n_entries);
}

static CK_FUNCTION_LIST *
load(const char *path, struct err *e)
{
	void *library = dlopen(path, RTLD_NOW), *symbol = NULL;
	CK_C_GetFunctionList get_list;
	CK_FUNCTION_LIST *list = NULL;

	if (library != NULL)
		symbol = dlsym(library, "C_GetFunctionList");
	if (symbol == NULL) {
		err_set(e, ERR_LOCAL, "%s", dlerror());
		return NULL;
	}
	memcpy(&get_list, &symbol, sizeof(symbol));
	if (get_list(&list) != CKR_OK || list == NULL ||
	    list->C_Initialize(NULL) != CKR_OK) {
		err_set(e, ERR_LOCAL, "%s: C_Initialize failed", path);
		return NULL;
	}
	return list;
}

struct token_keys *
token_keys_open(const char *path, struct err *e)
{
	CK_FUNCTION_LIST *call = load(path, e);
	CK_SLOT_ID ids[SLOTS_MAX];
	CK_ULONG n = SLOTS_MAX;
	struct token_keys *t;

	if (call == NULL)
		return NULL;
	if (call->C_GetSlotList(CK_TRUE, ids, &n) != CKR_OK || n > SLOTS_MAX) {
		err_set(e, ERR_LOCAL, "%s: C_GetSlotList failed", path);
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	t->call = call;
	for (size_t i = 0; i < n; i++)
		open_slot(t, ids[i]);
	return t;
}

void
token_keys_list(const struct token_keys *t, struct agent_keys *ret)
{
	struct err ignored = { .kind = ERR_NONE };

	ret->items = xreallocarray(NULL, t->n_entries + 1, sizeof(*ret->items));
	ret->len = t->n_entries;
	for (size_t i = 0; i < t->n_entries; i++) {
		const struct entry *entry = &t->entries[i];

		ret->items[i].key =
		    key_from_blob(entry->key->blob, entry->key->len, &ignored);
		ret->items[i].comment =
		    entry->slot->has_keypad
			? xstrdup(entry->label)
			: xasprintf("%s\t%s", entry->label, entry->slot->name);
	}
}

/* With the PIN that is known, or one from the reader's keys. */
static CK_RV
prove_user(const struct token_keys *t, const struct slot *slot,
	   CK_USER_TYPE what)
{
	const struct secret *pin = slot->pin;

	if (pin != NULL)
		return t->call->C_Login(slot->session, what,
					(unsigned char *)pin->text, pin->len);
	log_verbose("Deferring PIN entry to reader keypad.");
	return t->call->C_Login(slot->session, what, NULL, 0);
}

int
token_keys_log_in(struct token_keys *t, const char *token,
		  const struct secret *pin, struct err *e)
{
	int rc = -1;

	for (size_t i = 0; i < t->n_slots; i++) {
		struct slot *slot = &t->slots[i];
		CK_RV code;

		if (slot->has_keypad || strcmp(slot->name, token) != 0)
			continue;
		secret_free(slot->pin);
		slot->pin = secret_new(pin->text, pin->len);
		code = prove_user(t, slot, CKU_USER);
		if (code == CKR_OK || code == CKR_USER_ALREADY_LOGGED_IN) {
			rc = 0;
			continue;
		}
		secret_free(slot->pin);
		slot->pin = NULL;
		err_set(e, ERR_LOCAL, "C_Login failed: 0x%lx",
			(unsigned long)code);
	}
	return rc;
}

/* --- signing --- */

/* The private half: the one of the same id. */
static int
find_private(const struct token_keys *t, const struct entry *entry,
	     CK_OBJECT_HANDLE *ret)
{
	CK_OBJECT_HANDLE objects[OBJECTS_MAX];
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE wanted[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_ID, entry->id.data, entry->id.len },
	};

	if (find(t, entry->slot, wanted, 2, objects) == 0)
		return -1;
	*ret = objects[0];
	return 0;
}

static bool
wants_pin_each_time(const struct token_keys *t, const struct slot *slot,
		    CK_OBJECT_HANDLE object)
{
	CK_BBOOL value = CK_FALSE;
	CK_ATTRIBUTE a = { CKA_ALWAYS_AUTHENTICATE, &value, sizeof(value) };

	return t->call->C_GetAttributeValue(slot->session, object, &a, 1) ==
		   CKR_OK &&
	       value == CK_TRUE;
}

/* Have the token sign what token_digest() has made. */
static CK_RV
sign_raw(struct token_keys *t, const struct entry *entry, struct buf *input,
	 struct buf *raw)
{
	struct slot *slot = entry->slot;
	CK_MECHANISM how = { entry->key->type == KEY_RSA ? CKM_RSA_PKCS
							 : CKM_ECDSA,
			     NULL, 0 };
	CK_ULONG len = SIGNATURE_MAX;
	CK_OBJECT_HANDLE object;
	CK_RV code;

	if (slot->has_keypad && !slot->was_asked) {
		slot->was_asked = true;
		code = prove_user(t, slot, CKU_USER);
		if (code != CKR_OK)
			return code;
	}
	if (find_private(t, entry, &object) != 0)
		return CKR_KEY_HANDLE_INVALID;
	code = t->call->C_SignInit(slot->session, &how, object);
	if (code == CKR_OK && (slot->pin != NULL || slot->has_keypad) &&
	    wants_pin_each_time(t, slot, object))
		code = prove_user(t, slot, CKU_CONTEXT_SPECIFIC);
	if (code == CKR_OK)
		code = t->call->C_Sign(slot->session, input->data, input->len,
				       buf_room(raw, SIGNATURE_MAX), &len);
	if (code == CKR_OK && len > SIGNATURE_MAX)
		code = CKR_GENERAL_ERROR;
	raw->len = code == CKR_OK ? len : 0;
	return code;
}

int
token_keys_sign(struct token_keys *t, const struct wire *blob,
		const struct wire *data, uint32_t flags, struct buf *sig,
		struct err *e)
{
	struct buf input = BUF_INIT, raw = BUF_INIT;
	const struct entry *entry = find_entry(t, blob->data, blob->len);
	const char *name;
	CK_RV code;
	int rc = -1;

	if (entry == NULL)
		return err_set(e, ERR_LOCAL, "the token has no such key");
	name = token_digest(entry->key, data, flags, &input);
	code = name != NULL ? sign_raw(t, entry, &input, &raw)
			    : CKR_MECHANISM_INVALID;
	if (code == CKR_OK)
		rc = token_put_signature(entry->key, name, &raw, sig);
	if (rc != 0)
		err_set(e, ERR_LOCAL, "C_Sign failed: 0x%lx",
			(unsigned long)code);
	buf_clear(&input);
	buf_clear(&raw);
	return rc;
}

#else

struct token_keys *
token_keys_open(const char *path, struct err *e)
{
	err_set(e, ERR_LOCAL,
		"%s: this hawser was built without PKCS#11 tokens", path);
	return NULL;
}

void
token_keys_list(const struct token_keys *t, struct agent_keys *ret)
{
	(void)t;
	(void)ret;
}

int
token_keys_log_in(struct token_keys *t, const char *token,
		  const struct secret *pin, struct err *e)
{
	(void)t;
	(void)pin;
	return err_set(e, ERR_LOCAL, "%s: there is no such token", token);
}

int
token_keys_sign(struct token_keys *t, const struct wire *blob,
		const struct wire *data, uint32_t flags, struct buf *sig,
		struct err *e)
{
	(void)t;
	(void)blob;
	(void)data;
	(void)flags;
	(void)sig;
	return err_set(e, ERR_LOCAL, "there is no such token");
}

#endif
