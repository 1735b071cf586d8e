#include "ssh/negotiation.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/wire.h"
#include "base/xalloc.h"

#define MSG_KEXINIT 20
#define COOKIE_BYTES 16
/* RFC 4253 section 4.2 sets no limit on lines before the identification
 * string; these are ssh's. libssh2's is the same, and it splits longer lines:
 * then it would see an identification where we see none. */
#define LINES_MAX 1024
#define LINE_BYTES_MAX 8192
#define PACKET_BYTES_MAX 35000
#define GREETING_BYTES_MAX ((size_t)1024 * 1024)

void
negotiation_clear(struct negotiation *n)
{
	for (size_t i = 0; i < NEGOTIATION_LISTS; i++)
		free(n->lists[i]);
	memset(n, 0, sizeof(*n));
}

void
greeting_clear(struct greeting *g)
{
	free(g->first_line);
	free(g->identification);
	negotiation_clear(&g->offer);
	memset(g, 0, sizeof(*g));
}

int
negotiation_parse(struct wire *w, struct negotiation *ret_offer, struct err *e)
{
	struct negotiation offer = { { NULL } };

	for (size_t i = 0; i < NEGOTIATION_LISTS; i++)
		if (wire_get_cstring(w, &offer.lists[i]) != 0)
			goto fail;
	negotiation_clear(ret_offer);
	*ret_offer = offer;
	return 0;
fail:
	negotiation_clear(&offer);
	return err_set(e, ERR_PROTOCOL,
		       "the server's key exchange offer is malformed");
}

/* Step over one binary packet (RFC 4253 section 6) and look into it. Returns
 * 1, 0 if not all of it is there, or -1. */
static int
parse_packet(struct greeting *g, struct wire *w, struct err *e)
{
	struct wire packet;
	const unsigned char *cookie;
	uint8_t padding, type;
	uint32_t len;

	wire_init(&packet, w->data, w->len);
	if (wire_get_u32(&packet, &len) != 0)
		return 0;
	if (len < 2 || len > PACKET_BYTES_MAX)
		return err_set(e, ERR_PROTOCOL, "Bad packet length %u.",
			       (unsigned)len);
	if (wire_get_wire(w, &packet) != 0)
		return 0;
	if (wire_get_byte(&packet, &padding) != 0 || padding >= packet.len)
		return err_set(e, ERR_PROTOCOL, "Bad padding in a packet");
	packet.len -= padding;
	if (wire_get_byte(&packet, &type) != 0 || type != MSG_KEXINIT)
		return 1;
	if (wire_get_bytes(&packet, COOKIE_BYTES, &cookie) != 0)
		return err_set(e, ERR_PROTOCOL,
			       "the server's key exchange offer is malformed");
	if (negotiation_parse(&packet, &g->offer, e) != 0)
		return -1;
	g->has_offer = true;
	return 1;
}

/* Without a strict key exchange others may come before the KEXINIT, and
 * libssh2 looks past them. */
static int
parse_packets(struct greeting *g, const char *data, size_t len, struct err *e)
{
	int rc = 1;

	while (rc > 0 && !g->has_offer) {
		struct wire w;

		wire_init(&w, data + g->parsed, len - g->parsed);
		rc = parse_packet(g, &w, e);
		g->parsed = len - w.len;
	}
	return rc < 0 ? -1 : 0;
}

/* A number of up to four digits; *s is behind it. */
static bool
get_number(const char **s, unsigned *ret_number)
{
	size_t digits = strspn(*s, "0123456789");
	unsigned number = 0;

	if (digits == 0 || digits > 4)
		return false;
	for (size_t i = 0; i < digits; i++)
		number = number * 10 + (unsigned)((*s)[i] - '0');
	*s += digits;
	*ret_number = number;
	return true;
}

/* "SSH-2.0-software" */
static int
take_identification(struct greeting *g, const char *line, struct err *e)
{
	const char *at = line + strlen("SSH-");
	unsigned major, minor;
	char *shown;

	if (!get_number(&at, &major) || *at++ != '.' ||
	    !get_number(&at, &minor) || *at++ != '-' || *at == '\0') {
		shown = str_visible_line(line, strlen(line));
		err_set(e, ERR_PROTOCOL,
			"Bad remote protocol version identification: "
			"'%.100s'",
			shown);
		free(shown);
		return -1;
	}
	if (major != 2 && !(major == 1 && minor == 99))
		return err_set(e, ERR_PROTOCOL,
			       "Protocol major versions differ: 2 vs. %u",
			       major);
	shown = str_visible_line(at, strlen(at));
	log_debug("Remote protocol version %u.%u, remote software version %s",
		  major, minor, shown);
	free(shown);
	g->identification = xstrdup(line);
	return 0;
}

/* A line before the identification. */
static void
note_line(struct greeting *g, const char *line)
{
	char *shown = str_visible_line(line, strlen(line));

	log_debug("kex_exchange_identification: banner line %zu: %s",
		  g->n_lines, shown);
	free(shown);
	if (g->n_lines++ == 0)
		g->first_line = xstrdup(line);
}

/* One line of n bytes, its end not counted. */
static int
take_line(struct greeting *g, const char *start, size_t n, struct err *e)
{
	char *line;
	int rc = 0;

	while (n > 0 && start[n - 1] == '\r')
		n--;
	line = xstrndup(start, n);
	if (str_starts(line, "SSH-"))
		rc = take_identification(g, line, e);
	else
		note_line(g, line);
	free(line);
	return rc;
}

int
greeting_identify(struct greeting *g, const void *bytes, size_t len,
		  struct err *e)
{
	const char *data = bytes;

	while (g->identification == NULL) {
		const char *start = data + g->parsed;
		size_t left = len - g->parsed;
		const char *newline =
		    left > 0 ? memchr(start, '\n', left) : NULL;
		size_t n = newline != NULL ? (size_t)(newline - start) : left;

		if (n >= LINE_BYTES_MAX || g->n_lines > LINES_MAX)
			return err_set(e, ERR_PROTOCOL,
				       "the server does not speak SSH: it "
				       "sends no identification string");
		if (n > 0 && memchr(start, '\0', n) != NULL)
			return err_set(e, ERR_PROTOCOL,
				       "the server does not speak SSH: banner "
				       "line contains invalid characters");
		if (newline == NULL)
			return 0;
		g->identification_at = g->parsed;
		g->parsed += n + 1;
		if (take_line(g, start, n, e) != 0)
			return -1;
	}
	return 0;
}

int
greeting_parse(struct greeting *g, const void *data, size_t len, struct err *e)
{
	if (g->has_offer)
		return 0;
	if (len > GREETING_BYTES_MAX)
		return err_set(e, ERR_PROTOCOL,
			       "the server does not speak SSH: no key exchange "
			       "offer in %zu bytes",
			       len);
	if (greeting_identify(g, data, len, e) != 0)
		return -1;
	if (g->identification == NULL)
		return 0;
	return parse_packets(g, data, len, e);
}

/* Is the item of len bytes in the comma-separated list? */
static bool
list_has(const char *list, const char *item, size_t len)
{
	while (*list != '\0') {
		size_t n = strcspn(list, ",");

		if (n == len && memcmp(list, item, n) == 0)
			return true;
		list += n;
		if (*list == ',')
			list++;
	}
	return false;
}

char *
negotiation_agree(const char *ours, const char *theirs)
{
	while (*ours != '\0') {
		size_t n = strcspn(ours, ",");

		if (n > 0 && list_has(theirs, ours, n))
			return xstrndup(ours, n);
		ours += n;
		if (*ours == ',')
			ours++;
	}
	return NULL;
}

static bool
is_aead(const char *cipher)
{
	return str_starts(cipher, "chacha20-poly1305") ||
	       strstr(cipher, "-gcm@") != NULL;
}

static int
no_match(enum negotiation_list list, const struct negotiation *ours,
	 const struct negotiation *theirs, struct err *e)
{
	static const char *const kinds[NEGOTIATION_LISTS] = {
		"key exchange method",
		"host key type",
		"cipher",
		"cipher",
		"MAC",
		"MAC",
		"compression method",
		"compression method",
	};
	const char *offer = theirs->lists[list];
	char *shown = str_visible_line(offer, strlen(offer));

	err_set(e, ERR_PROTOCOL,
		"no matching %s found. Their offer: %s (ours: %s)", kinds[list],
		shown, ours->lists[list]);
	free(shown);
	return -1;
}

int
negotiation_settle(const struct negotiation *ours,
		   const struct negotiation *theirs,
		   struct negotiation *ret_agreed, struct err *e)
{
	struct negotiation agreed = { { NULL } };

	for (size_t i = 0; i < NEGOTIATION_LISTS; i++) {
		/* a MAC comes two places behind its cipher */
		bool is_moot =
		    (i == NEGOTIATION_MAC_OUT || i == NEGOTIATION_MAC_IN) &&
		    is_aead(agreed.lists[i - 2]);

		if (is_moot)
			continue;
		agreed.lists[i] =
		    negotiation_agree(ours->lists[i], theirs->lists[i]);
		if (agreed.lists[i] != NULL)
			continue;
		negotiation_clear(&agreed);
		return no_match((enum negotiation_list)i, ours, theirs, e);
	}
	negotiation_clear(ret_agreed);
	*ret_agreed = agreed;
	return 0;
}

bool
negotiation_list_has(const char *list, const char *name)
{
	return list_has(list, name, strlen(name));
}

/*
 * libssh2 puts these in front of our methods, and takes them for methods if
 * the server has them too: then it calls a function that does not exist.
 */
static int
check_markers(const char *kex, struct err *e)
{
	static const char *const markers[] = {
		"ext-info-c",
		"kex-strict-c-v00@openssh.com",
	};

	for (size_t i = 0; i < sizeof(markers) / sizeof(markers[0]); i++)
		if (negotiation_list_has(kex, markers[i]))
			return err_set(e, ERR_PROTOCOL,
				       "the server offers the key exchange "
				       "method %s, which is a client's marker",
				       markers[i]);
	return 0;
}

int
negotiation_check(const struct negotiation *ours,
		  const struct negotiation *theirs,
		  struct negotiation *ret_agreed, struct err *e)
{
	struct negotiation agreed = { { NULL } };

	if (check_markers(theirs->lists[NEGOTIATION_KEX], e) != 0 ||
	    negotiation_settle(ours, theirs, &agreed, e) != 0)
		return -1;
	/* libssh2 cannot run two different ciphers (docs/LIBSSH2.md) */
	for (size_t i = NEGOTIATION_CIPHER_OUT; i < NEGOTIATION_LISTS; i += 2) {
		const char *sent = agreed.lists[i];
		const char *received = agreed.lists[i + 1];

		if (sent == NULL || received == NULL ||
		    strcmp(sent, received) == 0)
			continue;
		err_set(e, ERR_PROTOCOL,
			"the server wants %s in one direction and %s in "
			"the other, which is not supported",
			sent, received);
		negotiation_clear(&agreed);
		return -1;
	}
	negotiation_clear(ret_agreed);
	*ret_agreed = agreed;
	return 0;
}
