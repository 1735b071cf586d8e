#include "forward/agent_frame.h"

#include "base/buf.h"
#include "base/wire.h"

#define AGENT_FAILURE 5
#define AGENTC_SIGN_REQUEST 13

long
agent_frame_len(const void *data, size_t len)
{
	struct wire w;
	uint32_t body;

	wire_init(&w, data, len);
	if (wire_get_u32(&w, &body) != 0)
		return 0;
	if (body == 0 || body > AGENT_FRAME_MAX)
		return -1;
	return w.len < body ? 0 : (long)body + 4;
}

bool
agent_frame_is_sign(const void *data, size_t len, const unsigned char **ret_key,
		    size_t *ret_key_len)
{
	struct wire w;
	uint32_t body;
	uint8_t type;

	wire_init(&w, data, len);
	if (wire_get_u32(&w, &body) != 0 || wire_get_byte(&w, &type) != 0 ||
	    type != AGENTC_SIGN_REQUEST)
		return false;
	if (wire_get_string(&w, ret_key, ret_key_len) != 0)
		*ret_key_len = 0;
	return true;
}

void
agent_frame_put_failure(struct buf *out)
{
	wire_put_u32(out, 1);
	wire_put_byte(out, AGENT_FAILURE);
}
