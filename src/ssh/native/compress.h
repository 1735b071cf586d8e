/*
 * compress - one direction of a connection's compression (RFC 4253 section
 * 6.2): a zlib stream whose state passes from packet to packet, each of which
 * ends in a partial flush.
 */
#ifndef SSH_NATIVE_COMPRESS_H
#define SSH_NATIVE_COMPRESS_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct wire;

struct compress;

enum compress_use { COMPRESS_INFLATES, COMPRESS_DEFLATES };

/* Was hawser built with zlib? */
bool compress_is_supported(void);

/* NULL if zlib does not start, or is not there. */
struct compress *compress_new(enum compress_use use);
void compress_free(struct compress *c);

/* Append the compressed payload to out. 0 or -1. */
int compress_deflate(struct compress *c, const struct wire *payload,
		     struct buf *out);

/* Append the payload to out. 0, or -1 when it is no zlib stream or there are
 * more than max bytes. */
int compress_inflate(struct compress *c, const struct wire *packed, size_t max,
		     struct buf *out);

#endif
