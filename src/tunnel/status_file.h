/*
 * status_file - StatusFile: how things are now, as one object of JSON, which is
 * replaced as a whole (hawser-events(5)).
 *
 * It is written when the state changes, and a few seconds after something has
 * gone through a forwarding; who has nothing to tell does not wake up. At the
 * end it stays, and says so.
 */
#ifndef TUNNEL_STATUS_FILE_H
#define TUNNEL_STATUS_FILE_H

struct client;
struct err;
struct loop;
struct state;
struct status_file;

/* path and s are borrowed. NULL with e set (ERR_LOCAL) if path cannot be
 * written. */
struct status_file *status_file_new(struct loop *l, const char *path,
				    const struct state *s, struct err *e);
void status_file_free(struct status_file *f); /* NULL is fine */

/* The state has changed. c is borrowed until the next one, or status_file_free.
 */
void status_file_write(struct status_file *f, const struct client *c);

/* Something may have gone through a forwarding. */
void status_file_look(struct status_file *f);

#endif
