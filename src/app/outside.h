/*
 * outside - what configuration files may ask of the world: commands of "Match
 * exec" are run, and names are looked up. All of it waits; it is over before
 * there is a loop.
 */
#ifndef APP_OUTSIDE_H
#define APP_OUTSIDE_H

struct conf_outside;

/* Static. */
const struct conf_outside *outside_hooks(void);

#endif
