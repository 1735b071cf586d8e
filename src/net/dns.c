#include "net/dns.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/xalloc.h"
#include "net/errand.h"

/* A message, and what becomes of it. */
enum { MESSAGE_MAX = 65535, REPORT_MAX = 2 * MESSAGE_MAX };

struct question {
	char *name;
	int type;
};

struct dns {
	struct question question;
	struct errand *errand; /* NULL: there can be no more processes */
};

/* --- in the copy of ourselves: a byte for the result, one for is_secure, and
 * the records --- */

/* The right records of the message; others may be there, such as the aliases
 * that led to them. Returns 0, or -1 if it is malformed. */
static int
put_records(ns_msg *message, int type, struct buf *report)
{
	for (int i = 0; i < ns_msg_count(*message, ns_s_an); i++) {
		ns_rr record;

		if (ns_parserr(message, ns_s_an, i, &record) != 0)
			return -1;
		if ((int)ns_rr_type(record) == type &&
		    ns_rr_class(record) == ns_c_in)
			wire_put_string(report, ns_rr_rdata(record),
					ns_rr_rdlen(record));
	}
	return 0;
}

static enum dns_result
failure(void)
{
	if (h_errno == HOST_NOT_FOUND)
		return DNS_NO_NAME;
	return h_errno == NO_DATA ? DNS_NO_DATA : DNS_FAILED;
}

/* As ssh does: with DNSSEC, whatever resolv.conf says; but whether to believe a
 * resolver that says it has verified something is said there (trust-ad). */
static enum dns_result
look_up(const struct question *q, struct buf *records, bool *ret_is_secure)
{
	unsigned char *bytes = xmalloc(MESSAGE_MAX);
	enum dns_result result = DNS_FAILED;
	ns_msg message;
	int len;

	if (res_init() != 0)
		goto out;
	_res.options |= RES_USE_EDNS0 | RES_USE_DNSSEC;
	len = res_query(q->name, ns_c_in, q->type, bytes, MESSAGE_MAX);
	if (len < 0) {
		result = failure();
		goto out;
	}
	if (len > MESSAGE_MAX || ns_initparse(bytes, len, &message) != 0 ||
	    put_records(&message, q->type, records) != 0)
		goto out;
	*ret_is_secure = ns_msg_getflag(message, ns_f_ad) != 0;
	result = records->len > 0 ? DNS_FOUND : DNS_NO_DATA;
out:
	free(bytes);
	return result;
}

static void
report(void *work, int out)
{
	struct buf text = BUF_INIT, records = BUF_INIT;
	bool is_secure = false;

	fd_close_all_but(out);
	buf_add_byte(&text, (unsigned char)look_up(work, &records, &is_secure));
	buf_add_byte(&text, is_secure);
	buf_add(&text, records.data, records.len);
	fd_write(out, text.data, text.len);
	buf_clear(&records);
	buf_clear(&text);
}

/* --- here --- */

struct dns *
dns_new(struct loop *l, const char *name, int type, void (*wake)(void *arg),
	void *arg)
{
	struct dns *d = xcalloc(1, sizeof(*d));
	const struct errand_params p = {
		.loop = l,
		.run = report,
		.work = &d->question,
		.max = REPORT_MAX,
		.wake = wake,
		.arg = arg,
	};

	d->question.name = xstrdup(name);
	d->question.type = type;
	d->errand = errand_new(&p);
	return d;
}

void
dns_free(struct dns *d)
{
	if (d == NULL)
		return;
	errand_free(d->errand);
	free(d->question.name);
	free(d);
}

enum step
dns_step(struct dns *d, struct dns_answer *ret_answer)
{
	struct dns_answer answer = { .result = DNS_FAILED };
	struct buf *bytes;
	uint8_t result, is_secure;

	if (d->errand != NULL && errand_step(d->errand, &bytes) == STEP_AGAIN)
		return STEP_AGAIN;
	if (d->errand != NULL) {
		wire_init(&answer.records, bytes->data, bytes->len);
		if (wire_get_byte(&answer.records, &result) == 0 &&
		    wire_get_byte(&answer.records, &is_secure) == 0 &&
		    result <= DNS_FAILED) {
			answer.result = (enum dns_result)result;
			answer.is_secure = is_secure != 0;
		}
	}
	*ret_answer = answer;
	return STEP_DONE;
}
