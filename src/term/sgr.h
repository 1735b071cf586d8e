/*
 * sgr - which attributes of text (colours, bold, underlined...) are on. Pure.
 */
#ifndef TERM_SGR_H
#define TERM_SGR_H

#include <stdint.h>

struct control;

/* The bits that sgr_apply() uses. */
#define SGR_ALL UINT32_C(0x1ffff)

/* What attributes become through the control sequence c, "CSI ... m". */
uint32_t sgr_apply(uint32_t attributes, const struct control *c);

#endif
