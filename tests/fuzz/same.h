/*
 * same - random numbers that are the same for every input, so that an input
 * that was found means the same when it is played again.
 */
#ifndef TESTS_FUZZ_SAME_H
#define TESTS_FUZZ_SAME_H

/* From now on libcrypto gets these, from the first one on. */
void same_begin(void);

#endif
