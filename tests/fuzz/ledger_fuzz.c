/*
 * Output for a terminal. How it is cut must not matter, what nobody switched
 * on must not be undone, and the undo must leave nothing on. The first byte
 * says what kind of terminal it is and where to cut.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "term/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
feed(struct ledger *l, const uint8_t *data, size_t size, size_t piece)
{
	for (size_t at = 0; at < size; at += piece)
		ledger_feed(l, data + at,
			    size - at < piece ? size - at : piece);
}

static void
undo_of(const struct ledger *l, struct buf *out)
{
	ledger_undo(l, out);
	if (out->len > LEDGER_UNDO_MAX)
		abort();
}

/* Without any of these nothing can be on. */
static int
is_text(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (data[i] == 0x1b || data[i] == 0x0e ||
		    (data[i] >= 0x80 && data[i] < 0xa0))
			return 0;
	return 1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = BUF_INIT, cut = BUF_INIT, rest = BUF_INIT;
	struct ledger a, b;
	uint8_t choice;

	if (size == 0)
		return 0;
	choice = *data++;
	size--;
	ledger_init(&a, (choice & 1) != 0);
	ledger_init(&b, (choice & 1) != 0);
	ledger_set_rows(&a, 24);
	ledger_set_rows(&b, 24);
	feed(&a, data, size, size + 1);
	feed(&b, data, size, (size_t)(choice >> 1) + 1);
	undo_of(&a, &whole);
	undo_of(&b, &cut);
	if (whole.len != cut.len ||
	    (whole.len > 0 && memcmp(whole.data, cut.data, whole.len) != 0))
		abort();
	if (whole.len > 0 && is_text(data, size))
		abort();
	ledger_feed(&a, whole.data, whole.len);
	undo_of(&a, &rest);
	if (rest.len > 0)
		abort();
	buf_clear(&whole);
	buf_clear(&cut);
	buf_clear(&rest);
	return 0;
}
