/*
 * master - shares a client's connection with others, who come to the Unix
 * socket at ControlPath and speak OpenSSH's protocol (packet.h): sessions,
 * forwardings, questions about it. ControlMaster and ControlPersist.
 *
 * It is the client's guests (client/guests.h), and outlives its connections.
 */
#ifndef MUX_MASTER_H
#define MUX_MASTER_H

#include <stdbool.h>

struct client_guests;
struct conf;
struct console;
struct loop;
struct master;

/* All are borrowed. Never fails. */
struct master *master_new(struct loop *l, const struct conf *conf,
			  struct console *console);
void master_free(struct master *m); /* after the client; NULL is fine */

/* For the client; valid as long as the master. */
const struct client_guests *master_guests(const struct master *m);

/*
 * Is the user's session a client's (ControlPersist)? Once the client's guests
 * have entered, this is final: then the master goes to the background, and
 * whoever it was started by becomes that client. Not if somebody else listens
 * there.
 */
bool master_persists(const struct master *m);

#endif
