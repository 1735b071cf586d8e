#include "keys/cert.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/err.h"
#include "base/wire.h"
#include "base/xalloc.h"

enum { CERT_USER = 1, CERT_HOST = 2 };

/* As many as OpenSSH takes. */
enum { CERT_MAX_PRINCIPALS = 256 };

enum { TIME_LEN = 40 };

void
cert_free(struct key_cert *cert)
{
	if (cert == NULL)
		return;
	free(cert->id);
	strv_clear(&cert->principals);
	strv_clear(&cert->critical_options);
	strv_clear(&cert->critical_values);
	strv_clear(&cert->extensions);
	free(cert->signature_algorithm);
	free(cert->plain_blob);
	free(cert);
}

static int
parse_principals(struct wire list, struct strv *principals)
{
	char *name;

	while (list.len > 0) {
		if (principals->len == CERT_MAX_PRINCIPALS ||
		    wire_get_cstring(&list, &name) != 0)
			return -1;
		strv_add_take(principals, name);
	}
	return 0;
}

/* Options and extensions are pairs of a name and a value, which holds a string
 * or nothing; values may be NULL. */
static int
parse_options(struct wire list, struct strv *names, struct strv *values)
{
	struct wire value;
	char *name, *text;

	while (list.len > 0) {
		if (wire_get_cstring(&list, &name) != 0)
			return -1;
		strv_add_take(names, name);
		if (wire_get_wire(&list, &value) != 0)
			return -1;
		if (values != NULL)
			strv_add_take(values,
				      wire_get_cstring(&value, &text) == 0
					  ? text
					  : xstrdup(""));
	}
	return 0;
}

/* The fields up to the reserved one. Returns 0 or -1. */
static int
parse_fields(struct wire *rest, struct key_cert *cert)
{
	struct wire principals, critical, ext, reserved;
	uint32_t type = 0;
	int rc = -1;

	if (wire_get_u64(rest, &cert->serial) == 0 &&
	    wire_get_u32(rest, &type) == 0 &&
	    (type == CERT_USER || type == CERT_HOST) &&
	    wire_get_cstring(rest, &cert->id) == 0 &&
	    wire_get_wire(rest, &principals) == 0 &&
	    parse_principals(principals, &cert->principals) == 0 &&
	    wire_get_u64(rest, &cert->valid_after) == 0 &&
	    wire_get_u64(rest, &cert->valid_before) == 0 &&
	    wire_get_wire(rest, &critical) == 0 &&
	    parse_options(critical, &cert->critical_options,
			  &cert->critical_values) == 0 &&
	    wire_get_wire(rest, &ext) == 0 &&
	    parse_options(ext, &cert->extensions, NULL) == 0 &&
	    wire_get_wire(rest, &reserved) == 0)
		rc = 0;
	cert->is_host = type == CERT_HOST;
	return rc;
}

int
cert_parse(struct wire *rest, struct key_cert **ret_cert, struct wire *ret_ca,
	   struct err *e)
{
	struct key_cert *cert = xcalloc(1, sizeof(*cert));
	const unsigned char *start = rest->data;
	struct wire ca, signature;

	if (parse_fields(rest, cert) != 0 || wire_get_wire(rest, &ca) != 0)
		goto fail;
	cert->signed_len = (size_t)(rest->data - start);
	if (wire_get_wire(rest, &signature) != 0 ||
	    wire_get_cstring(&signature, &cert->signature_algorithm) != 0)
		goto fail;
	*ret_cert = cert;
	*ret_ca = ca;
	return 0;
fail:
	cert_free(cert);
	return err_set(e, ERR_PROTOCOL, "malformed certificate");
}

/* A time of a certificate as ssh shows it: local, and without the zone. */
static void
format_time(uint64_t seconds, char text[TIME_LEN])
{
	uint64_t last = sizeof(time_t) > 4 ? INT64_MAX : INT32_MAX;
	time_t when = (time_t)(seconds > last ? last : seconds);
	struct tm parts;

	if (localtime_r(&when, &parts) == NULL ||
	    strftime(text, TIME_LEN, "%Y-%m-%dT%H:%M:%S", &parts) == 0)
		(void)snprintf(text, TIME_LEN, "%llu",
			       (unsigned long long)seconds);
}

char *
cert_validity(const struct key_cert *cert)
{
	char after[TIME_LEN], before[TIME_LEN];

	format_time(cert->valid_after, after);
	format_time(cert->valid_before, before);
	if (cert->valid_after == 0 && cert->valid_before == UINT64_MAX)
		return xstrdup("forever");
	if (cert->valid_after == 0)
		return xasprintf("before %s", before);
	if (cert->valid_before == UINT64_MAX)
		return xasprintf("after %s", after);
	return xasprintf("from %s to %s", after, before);
}
