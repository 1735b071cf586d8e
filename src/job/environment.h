/*
 * environment - SendEnv and SetEnv: the variables that a session gets.
 */
#ifndef JOB_ENVIRONMENT_H
#define JOB_ENVIRONMENT_H

struct channel;
struct conf;
struct strv;

/* Append all of them, as NAME=value; the caller clears the list. */
void environment_collect(const struct conf *o, struct strv *list);

/* Ask for all of them on a session channel, before its start. */
void environment_request(struct channel *c, const struct conf *o);

#endif
