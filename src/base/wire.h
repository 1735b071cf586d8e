/*
 * wire - the data types of the SSH protocol (RFC 4251 section 5), read from
 * borrowed bytes and appended to a buf. Reading never goes past the end: a
 * short or malformed field makes the call return -1 and leaves the reader
 * where it was.
 */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include <stddef.h>
#include <stdint.h>

struct buf;

struct wire {
	const unsigned char *data;
	size_t len; /* bytes left */
};

void wire_init(struct wire *w, const void *data, size_t len);

int wire_get_byte(struct wire *w, uint8_t *ret_value);
int wire_get_u32(struct wire *w, uint32_t *ret_value);
int wire_get_u64(struct wire *w, uint64_t *ret_value);

/* A string; the bytes are borrowed from the reader's data. */
int wire_get_string(struct wire *w, const unsigned char **ret_data,
		    size_t *ret_len);

/* A string as a reader of its own. */
int wire_get_wire(struct wire *w, struct wire *ret_inner);

/* An mpint that is not negative as a big-endian number without its leading
 * zeros, borrowed: zero has no bytes. */
int wire_get_mpint(struct wire *w, struct wire *ret_number);

/* A string without NUL bytes as an owned C string. */
int wire_get_cstring(struct wire *w, char **ret_text);

/* Exactly len raw bytes, borrowed. */
int wire_get_bytes(struct wire *w, size_t len, const unsigned char **ret_data);

void wire_put_byte(struct buf *b, uint8_t value);
void wire_put_u32(struct buf *b, uint32_t value);
void wire_put_string(struct buf *b, const void *data, size_t len);
void wire_put_cstring(struct buf *b, const char *text);

/* An unsigned big-endian number as an mpint: leading zeros dropped, one put
 * back where the top bit is set. */
void wire_put_mpint(struct buf *b, const unsigned char *data, size_t len);

#endif
