/*
 * rekey - the time of RekeyLimit: new keys after so long, also where nothing
 * moves. What it says about bytes is the engine's business.
 */
#ifndef CONNECT_REKEY_H
#define CONNECT_REKEY_H

struct connection;
struct rekey;

/* NULL if nothing was asked for, or the engine cannot. */
struct rekey *rekey_new(struct connection *c);
void rekey_free(struct rekey *r); /* NULL is fine */

#endif
