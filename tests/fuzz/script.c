#include "script.h"

#include <string.h>

bool
script_get_header(struct wire *input, struct script_header *ret)
{
	const unsigned char *b;

	if (wire_get_bytes(input, SCRIPT_HEADER_BYTES, &b) != 0)
		return false;
	*ret = (struct script_header){
		.cipher = b[0] & 3,
		.is_strict = b[0] & 4,
		.has_ext_info = b[0] & 8,
		.compression = b[0] & 16,
		.start = (b[0] >> 5) & 3,
		.manners = b[1],
		.login = b[2] & 3,
		.ways = b[2] & 0xfc,
		.wants = b[3],
		.piece = b[4] > 0 ? (size_t)b[4] * 4 : 0,
	};
	return true;
}

static uint16_t
get_u16(struct wire *input)
{
	uint8_t high = 0, low = 0;

	(void)wire_get_byte(input, &high);
	(void)wire_get_byte(input, &low);
	return (uint16_t)(high << 8 | low);
}

/* As much as it says, or as there is. */
static void
get_data(struct wire *input, struct wire *ret_data)
{
	const unsigned char *bytes = NULL;
	size_t len = get_u16(input);

	if (len > input->len)
		len = input->len;
	(void)wire_get_bytes(input, len, &bytes);
	wire_init(ret_data, bytes, len);
}

bool
script_get_event(struct wire *input, struct script_event *ret)
{
	uint8_t kind;

	memset(ret, 0, sizeof(*ret));
	if (wire_get_byte(input, &kind) != 0)
		return false;
	ret->kind = (enum script_kind)(kind % SCRIPT_KINDS);
	switch (ret->kind) {
	case SCRIPT_PAYLOAD:
	case SCRIPT_RAW:
		get_data(input, &ret->data);
		break;
	case SCRIPT_DATA:
	case SCRIPT_ACT:
		(void)wire_get_byte(input, &ret->bytes[0]);
		(void)wire_get_byte(input, &ret->bytes[1]);
		if (ret->kind == SCRIPT_DATA)
			ret->number = get_u16(input);
		break;
	case SCRIPT_REPEAT:
		(void)wire_get_byte(input, &ret->bytes[0]);
		break;
	case SCRIPT_SPOIL:
		ret->number = get_u16(input);
		break;
	case SCRIPT_WAIT:
	case SCRIPT_REKEY:
	case SCRIPT_HANG_UP:
	case SCRIPT_KINDS:
		break;
	}
	return true;
}
