/*
 * modes - the modes of a terminal that are simply on or off (SM, RM, DECSET,
 * DECRST), and which of them are not as they usually are. Internal to the
 * ledger.
 */
#ifndef TERM_MODES_H
#define TERM_MODES_H

#include <stdbool.h>
#include <stdint.h>

struct buf;

/* Modes have numbers of two kinds. */
#define MODES_ANSI 0
#define MODES_PRIVATE '?'

#define MODES_KEYPAD 66 /* private: application keypad */

/* When a mode is undone. */
enum modes_phase {
	MODES_EARLY,  /* at once: the terminal may be sending already */
	MODES_MOVING, /* moves the cursor: save and restore that around it */
	MODES_LATE    /* on the main screen */
};

struct modes {
	uint32_t unusual; /* those that are not as usual */
	uint32_t saved;   /* the same, when they were saved */
};

void modes_set(struct modes *m, unsigned char kind, uint16_t number, bool on);

/* XTSAVE and XTRESTORE of a private mode. */
void modes_save(struct modes *m, uint16_t number);
void modes_restore(struct modes *m, uint16_t number);

/* kitty's: of all of them. */
void modes_save_all(struct modes *m);
void modes_restore_all(struct modes *m);

/* DECSTR. */
void modes_soft_reset(struct modes *m);

/* Is there something to undo in this phase? */
bool modes_is_unusual(const struct modes *m, enum modes_phase phase);

void modes_undo(const struct modes *m, enum modes_phase phase, struct buf *out);

#endif
