#include "net/hosts_file.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/strv.h"

/* Cut the next word off *rest, and return it; NULL if there is none. */
static char *
next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t");
	size_t len = strcspn(word, " \t");

	*rest = word + len;
	if (len == 0)
		return NULL;
	if (**rest != '\0')
		*(*rest)++ = '\0';
	return word;
}

/* The next line without its comment, or NULL; *line and *size are getline()'s.
 */
static char *
next_line(FILE *in, char **line, size_t *size)
{
	if (getline(line, size, in) < 0)
		return NULL;
	(*line)[strcspn(*line, "#\n")] = '\0';
	return *line;
}

/* Lines with another one, or none, are passed over by the system too. */
static bool
is_of_family(const char *address, int family)
{
	int own = strchr(address, ':') != NULL ? AF_INET6 : AF_INET;
	unsigned char bytes[sizeof(struct in6_addr)];

	return (family == AF_UNSPEC || family == own) &&
	       inet_pton(own, address, bytes) == 1;
}

bool
hosts_file_has(FILE *hosts, const char *name, int family)
{
	char *line = NULL, *rest, *word;
	size_t size = 0;
	bool found = false;

	while (!found && (rest = next_line(hosts, &line, &size)) != NULL) {
		word = next_word(&rest);
		if (word == NULL || !is_of_family(word, family))
			continue;
		while (!found && (word = next_word(&rest)) != NULL)
			found = strcasecmp(word, name) == 0;
	}
	free(line);
	return found;
}

void
hosts_file_list(FILE *hosts, struct strv *names)
{
	char *line = NULL, *rest, *word;
	size_t size = 0;

	while ((rest = next_line(hosts, &line, &size)) != NULL) {
		word = next_word(&rest);
		if (word == NULL || !is_of_family(word, AF_UNSPEC))
			continue;
		while ((word = next_word(&rest)) != NULL)
			strv_add(names, word);
	}
	free(line);
}

bool
hosts_file_is_first(FILE *nsswitch)
{
	static const char database[] = "hosts:";
	char *line = NULL, *rest, *word = NULL;
	size_t size = 0;
	bool is_first;

	while (word == NULL &&
	       (rest = next_line(nsswitch, &line, &size)) != NULL) {
		rest += strspn(rest, " \t");
		if (strncmp(rest, database, strlen(database)) != 0)
			continue;
		rest += strlen(database);
		word = next_word(&rest);
	}
	is_first = word != NULL && strcmp(word, "files") == 0;
	free(line);
	return is_first;
}
