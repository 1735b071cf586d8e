/*
 * nearest - which keyword was probably meant.
 */
#ifndef CONF_NEAREST_H
#define CONF_NEAREST_H

/* The name in the table that differs least from this one, in any case; NULL if
 * none is near. Static. */
const char *nearest_keyword(const char *name);

#endif
