/*
 * cert - the part of an OpenSSH certificate that follows the certified key
 * (OpenSSH's PROTOCOL.certkeys). key.c reads what comes before it.
 */
#ifndef KEYS_CERT_H
#define KEYS_CERT_H

struct err;
struct key_cert;
struct wire;

/*
 * Read everything from the serial number to the signature; rest is at the end
 * of the blob afterwards. Returns 0 and sets *ret_cert (owned by the caller;
 * its plain_blob is not filled in, and signed_len counts from where rest was),
 * or -1 with e set.
 */
int cert_parse(struct wire *rest, struct key_cert **ret_cert, struct err *e);

void cert_free(struct key_cert *cert); /* NULL is fine */

#endif
