/*
 * private_result - what may come of reading a private key.
 */
#ifndef KEYS_PRIVATE_RESULT_H
#define KEYS_PRIVATE_RESULT_H

enum private_result {
	PRIVATE_OK,
	PRIVATE_ABSENT,     /* no such file */
	PRIVATE_UNREADABLE, /* I/O error, not permitted */
	PRIVATE_EXPOSED,    /* others can read the file: refused */
	PRIVATE_ENCRYPTED,  /* a passphrase is needed and none was given */
	PRIVATE_WRONG_PASSPHRASE,
	PRIVATE_BAD_FORMAT, /* not a key, damaged, or of a kind we do not use */
};

#endif
