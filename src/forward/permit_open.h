/*
 * permit_open - PermitRemoteOpen: what the far side may have us connect to.
 * Pure.
 */
#ifndef FORWARD_PERMIT_OPEN_H
#define FORWARD_PERMIT_OPEN_H

#include <stdbool.h>

struct strv;

/* Entries are HOST:PORT, where "*" is every host or every port and nothing else
 * is a pattern; or "any". A list that is empty or NULL permits everything. */
bool permit_open(const struct strv *list, const char *host, int port);

#endif
