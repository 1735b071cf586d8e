/*
 * vocabulary - the words of a configuration, for the completions of shells.
 */
#ifndef CONF_VOCABULARY_H
#define CONF_VOCABULARY_H

/* The keywords that have an effect, one per line. Owned by the caller. */
char *vocabulary_keywords(void);

/* The values to choose from, one per line, for a keyword that has some; else
 * NULL. Owned by the caller. */
char *vocabulary_values(const char *keyword);

#endif
