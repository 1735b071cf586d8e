/*
 * block - Host and Match lines: do the lines below them count?
 */
#ifndef CONF_BLOCK_H
#define CONF_BLOCK_H

#include <stdbool.h>

struct conf;
struct err;
struct line;
struct line_origin;

/*
 * Judge the line, which at says is where, and set at->is_active. is_out: it is
 * in a file that was included by a block that does not count. What the command
 * line and the lines before it have given is in c; that a Match line wants the
 * files to be read again is noted there. Fails if the line is wrong, or, with
 * ERR_LOCAL, if nothing more can be said.
 */
int block_host(struct line *l, struct conf *c, struct line_origin *at,
	       bool is_out, struct err *e);
int block_match(struct line *l, struct conf *c, struct line_origin *at,
		bool is_out, struct err *e);

#endif
