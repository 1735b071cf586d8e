/*
 * forward_json - forwardings, as programs are told of them.
 */
#ifndef FORWARD_FORWARD_JSON_H
#define FORWARD_FORWARD_JSON_H

struct forward_state;
struct forwards;
struct json;

/* Where it is entered, and where it leads: members of an object. */
void forward_json_add(struct json *j, const struct forward_state *s);

/* An array of that; NULL: none. */
void forward_json_list(struct json *j, const char *name,
		       const struct forwards *f);

/* The same, with how each is doing, and what went through it. */
void forward_json_counters(struct json *j, const char *name,
			   const struct forwards *f);

/* "up", "refused" ... Static. */
const char *forward_json_phase(const struct forward_state *s);

#endif
