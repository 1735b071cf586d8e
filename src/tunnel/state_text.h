/*
 * state_text - the state in words, for a person.
 */
#ifndef TUNNEL_STATE_TEXT_H
#define TUNNEL_STATE_TEXT_H

struct buf;
struct client_facts;
struct state;

/* Append it in one line, without a line break. */
void state_text_line(const struct state *s, const struct client_facts *facts,
		     struct buf *out);

/* Append some lines: that one, and one for each forwarding. */
void state_text_lines(const struct state *s, const struct client_facts *facts,
		      struct buf *out);

#endif
