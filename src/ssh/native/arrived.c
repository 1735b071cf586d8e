#include "ssh/native/arrived.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* Two packets of the size that everybody sends. */
#define PIECE_BYTES ((size_t)64 * 1024)

struct piece {
	struct piece *next;
	size_t len;
	unsigned char data[PIECE_BYTES];
};

/* Where the next bytes go; there is room for one at least. */
static struct piece *
last_piece(struct arrived *a)
{
	struct piece *p = a->last;

	if (p != NULL && p->len < sizeof(p->data))
		return p;
	p = xmalloc(sizeof(*p));
	p->next = NULL;
	p->len = 0;
	if (a->last != NULL)
		a->last->next = p;
	else
		a->first = p;
	a->last = p;
	return p;
}

void
arrived_add(struct arrived *a, const unsigned char *data, size_t len)
{
	a->bytes += len;
	while (len > 0) {
		struct piece *p = last_piece(a);
		size_t room = sizeof(p->data) - p->len;
		size_t n = len < room ? len : room;

		memcpy(p->data + p->len, data, n);
		p->len += n;
		data += n;
		len -= n;
	}
}

size_t
arrived_front(const struct arrived *a, const unsigned char **ret_data)
{
	if (a->first == NULL)
		return 0;
	*ret_data = a->first->data + a->at;
	return a->first->len - a->at;
}

void
arrived_consume(struct arrived *a, size_t len)
{
	struct piece *p = a->first;

	a->at += len;
	a->bytes -= len;
	if (p == NULL || a->at < p->len)
		return;
	a->first = p->next;
	if (a->first == NULL)
		a->last = NULL;
	a->at = 0;
	free(p);
}

void
arrived_clear(struct arrived *a)
{
	while (a->first != NULL)
		arrived_consume(a, a->first->len - a->at);
}
