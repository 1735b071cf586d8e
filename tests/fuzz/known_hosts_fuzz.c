/* Lines of a known_hosts file, or of a command, and questions about what they
 * say. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "keys/key.h"
#include "trust/known_hosts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);
	struct known_hosts *kh = known_hosts_new();
	const struct known_hosts_entry *entry = NULL, *found;
	struct strv lines = STRV_INIT;
	struct buf answer = BUF_INIT;

	log_set_level(LOG_LEVEL_QUIET);
	strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.len; i++)
		(void)known_hosts_add_line(kh, lines.items[i], "fuzz", i + 1,
					   false);
	for (size_t i = 0; i < 3; i++) {
		found = known_hosts_find(kh, "host", i);
		if (found != NULL)
			(void)known_hosts_check(kh, "[host]:2222", found->key,
						&entry);
	}
	buf_add(&answer, data, size);
	known_hosts_add_answer(kh, &answer, "command", "host", "[host]:2222");
	found = known_hosts_find(kh, "[host]:2222", 0);
	if (found != NULL)
		(void)known_hosts_check(kh, "host", found->key, &entry);
	known_hosts_forget_answers(kh);
	buf_clear(&answer);
	strv_clear(&lines);
	known_hosts_free(kh);
	free(text);
	return 0;
}
