#include "console/pty.h"

#include <string.h>

#include "base/buf.h"
#include "term/pty_modes.h"
#include "term/terminal.h"

void
pty_request(struct channel *c, const char *term, const struct termios *settings,
	    const struct channel_size *size)
{
	struct channel_pty pty = { .term = term, .size = *size };
	struct buf modes = BUF_INIT;
	size_t used = strlen(term);

	if (used < CHANNEL_PTY_MAX)
		pty_modes_encode(settings, CHANNEL_PTY_MAX - used, &modes);
	pty.modes = modes.data;
	pty.modes_len = modes.len;
	channel_request_pty(c, &pty);
	buf_clear(&modes);
}

struct channel_size
pty_size(const struct terminal_size *size)
{
	return (struct channel_size){ size->cols, size->rows, size->xpixel,
				      size->ypixel };
}
