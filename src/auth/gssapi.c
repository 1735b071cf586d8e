/*
 * The method "gssapi-with-mic" (RFC 4462 section 3) with Kerberos 5.
 *
 * The library is loaded when the method is used, not before: every start would
 * pay for it.
 */
#include <dlfcn.h>
#include <gssapi/gssapi.h>
#include <stdlib.h>
#include <string.h>

#include "auth/auth.h"
#include "auth/method.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "ssh/session.h"

/* Kerberos 5, in DER (RFC 4121); and a name that stands for a service on a host
 * (RFC 2743 section 4.1). */
static const unsigned char mechanism[] =
    "\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02";
static const unsigned char service_name[] =
    "\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x04";

struct functions {
	__typeof__(gss_import_name) *import_name;
	__typeof__(gss_init_sec_context) *init_sec_context;
	__typeof__(gss_get_mic) *get_mic;
	__typeof__(gss_display_status) *display_status;
	__typeof__(gss_release_buffer) *release_buffer;
	__typeof__(gss_release_name) *release_name;
	__typeof__(gss_delete_sec_context) *delete_sec_context;
};

struct gssapi {
	void *library;
	struct functions call;
	gss_name_t target;
	gss_ctx_id_t context;
	struct login_gssapi login;
	bool is_ready;
	struct buf first; /* the first token, and what comes after it */
	enum step first_step;
};

static bool
load(struct gssapi *g)
{
	const struct {
		const char *name;
		void *place;
	} symbols[] = {
		{ "gss_import_name", &g->call.import_name },
		{ "gss_init_sec_context", &g->call.init_sec_context },
		{ "gss_get_mic", &g->call.get_mic },
		{ "gss_display_status", &g->call.display_status },
		{ "gss_release_buffer", &g->call.release_buffer },
		{ "gss_release_name", &g->call.release_name },
		{ "gss_delete_sec_context", &g->call.delete_sec_context },
	};

	g->library = dlopen(GSSAPI_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (g->library == NULL) {
		log_debug("%s", dlerror());
		return false;
	}
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *symbol = dlsym(g->library, symbols[i].name);

		if (symbol == NULL) {
			log_debug("%s", dlerror());
			return false;
		}
		/* POSIX: a function fits into a void pointer */
		memcpy(symbols[i].place, &symbol, sizeof(symbol));
	}
	return true;
}

void
gssapi_free(struct gssapi *g)
{
	OM_uint32 minor;

	if (g == NULL)
		return;
	if (g->context != GSS_C_NO_CONTEXT)
		g->call.delete_sec_context(&minor, &g->context,
					   GSS_C_NO_BUFFER);
	if (g->target != GSS_C_NO_NAME)
		g->call.release_name(&minor, &g->target);
	buf_clear(&g->first);
	if (g->library != NULL)
		dlclose(g->library);
	free(g);
}

static void
log_status(const struct gssapi *g, OM_uint32 code, int type)
{
	OM_uint32 minor, more = 0;
	gss_buffer_desc text = GSS_C_EMPTY_BUFFER;

	do {
		char *shown;

		if (GSS_ERROR(g->call.display_status(
			&minor, code, type, GSS_C_NO_OID, &more, &text)))
			return;
		shown = str_visible_line(text.value, text.length);
		log_debug("%s", shown);
		free(shown);
		g->call.release_buffer(&minor, &text);
	} while (more != 0);
}

static enum step
failed(const struct gssapi *g, OM_uint32 major, OM_uint32 minor)
{
	log_status(g, major, GSS_C_GSS_CODE);
	log_status(g, minor, GSS_C_MECH_CODE);
	return STEP_FAIL;
}

static enum step
import_target(struct gssapi *g, const char *host)
{
	gss_OID_desc type = { sizeof(service_name) - 1,
			      (void *)(uintptr_t)service_name };
	char *name = xasprintf("host@%s", host);
	gss_buffer_desc text = { strlen(name), name };
	OM_uint32 minor;
	OM_uint32 major = g->call.import_name(&minor, &text, &type, &g->target);

	free(name);
	if (GSS_ERROR(major))
		return failed(g, major, minor);
	return STEP_DONE;
}

/* One step of the context. May ask a server for a ticket, and wait for it, as
 * ssh does. */
static enum step
advance(void *arg, const struct wire *token, struct buf *ret_token)
{
	struct auth *a = arg;
	struct gssapi *g = a->gssapi;
	gss_OID_desc oid = { sizeof(mechanism) - 3,
			     (void *)(uintptr_t)(mechanism + 2) };
	gss_buffer_desc in = { token->len, (void *)(uintptr_t)token->data };
	gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
	OM_uint32 flags = GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG;
	OM_uint32 major, minor, ignored;

	if (a->params->gssapi_delegates)
		flags |= GSS_C_DELEG_FLAG;
	major = g->call.init_sec_context(
	    &minor, GSS_C_NO_CREDENTIAL, &g->context, g->target, &oid, flags, 0,
	    GSS_C_NO_CHANNEL_BINDINGS, token->len > 0 ? &in : GSS_C_NO_BUFFER,
	    NULL, &out, &flags, NULL);
	buf_add(ret_token, out.value, out.length);
	g->call.release_buffer(&ignored, &out);
	if (GSS_ERROR(major))
		return failed(g, major, minor);
	g->login.has_integrity = (flags & GSS_C_INTEG_FLAG) != 0;
	return major == GSS_S_COMPLETE ? STEP_DONE : STEP_AGAIN;
}

/* For the login: what to send next. */
static enum step
negotiate(void *arg, const struct wire *token, struct buf *ret_token)
{
	struct gssapi *g = ((struct auth *)arg)->gssapi;

	if (token->len > 0)
		return advance(arg, token, ret_token);
	buf_add(ret_token, g->first.data, g->first.len);
	return g->first_step;
}

/* Without a ticket there is nothing to ask the server. */
static bool
prepare(struct auth *a)
{
	struct gssapi *g = a->gssapi;
	const struct wire none = { NULL, 0 };

	if (!load(g) || import_target(g, a->params->host) != STEP_DONE)
		return false;
	g->first_step = advance(a, &none, &g->first);
	g->is_ready = g->first_step != STEP_FAIL;
	return g->is_ready;
}

static int
sign(void *arg, const struct buf *data, struct buf *ret_mic)
{
	struct gssapi *g = ((struct auth *)arg)->gssapi;
	gss_buffer_desc in = { data->len, data->data };
	gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor, ignored;
	OM_uint32 major =
	    g->call.get_mic(&minor, g->context, GSS_C_QOP_DEFAULT, &in, &out);

	if (GSS_ERROR(major)) {
		failed(g, major, minor);
		return -1;
	}
	buf_add(ret_mic, out.value, out.length);
	g->call.release_buffer(&ignored, &out);
	return 0;
}

static enum login_result
gssapi_step(struct auth *a)
{
	struct gssapi *g = a->gssapi;
	enum login_result result;

	if (!session_can(a->session, SESSION_GSSAPI))
		return LOGIN_REFUSED;
	if (!g->is_ready && !prepare(a))
		return LOGIN_REFUSED;
	result = login_gssapi(a->session, a->params->user, &g->login);
	auth_show_banner(a);
	if (result == LOGIN_REFUSED)
		auth_log_methods(a);
	return result;
}

static void
gssapi_reset(struct auth *a)
{
	struct gssapi *g = xcalloc(1, sizeof(*g));

	gssapi_free(a->gssapi);
	a->gssapi = g;
	g->target = GSS_C_NO_NAME;
	g->context = GSS_C_NO_CONTEXT;
	g->login = (struct login_gssapi){
		.mechanism = mechanism,
		.len = sizeof(mechanism) - 1,
		.negotiate = negotiate,
		.sign = sign,
		.arg = a,
	};
}

const struct method method_gssapi = {
	.name = "gssapi-with-mic",
	.step = gssapi_step,
	.reset = gssapi_reset,
};
