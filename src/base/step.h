/*
 * step - the result of a function that goes as far as it can without waiting.
 */
#ifndef BASE_STEP_H
#define BASE_STEP_H

enum step {
	STEP_DONE,  /* finished; the outputs are set */
	STEP_AGAIN, /* something must happen first; call again then */
	STEP_FAIL,  /* finished with an error, which is in struct err */
};

#endif
