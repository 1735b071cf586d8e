#include "ssh/libssh2/framing.h"

#include <stdint.h>
#include <string.h>

#define BLOCK_BYTES 16
#define TAG_BYTES 16
/* libssh2's LIBSSH2_PACKET_MAXPAYLOAD. */
#define PACKET_BYTES_MAX 40000

static uint32_t
get_length(const unsigned char head[4])
{
	return (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 |
	       (uint32_t)head[2] << 8 | head[3];
}

int
framing_follow(struct framing *f, const void *data, size_t len,
	       unsigned *ret_bad)
{
	const unsigned char *at = data;

	while (len > 0) {
		size_t n = f->left < len ? f->left : len;
		uint32_t length;

		f->left -= n;
		at += n;
		len -= n;
		for (; len > 0 && f->n_head < sizeof(f->head); len--)
			f->head[f->n_head++] = *at++;
		if (f->left > 0 || f->n_head < sizeof(f->head))
			return 0;
		length = get_length(f->head);
		if (length == 0 || length % BLOCK_BYTES != 0 ||
		    length > PACKET_BYTES_MAX) {
			*ret_bad = length;
			return -1;
		}
		f->left = length + TAG_BYTES;
		f->n_head = 0;
	}
	return 0;
}
