/*
 * armor - one direction of a connection under one set of keys: packets are
 * sealed and opened, whole and where they are.
 *
 * A packet here is what RFC 4253 section 6 frames: length, padding length,
 * payload, padding; the tag is behind it. NULL stands for the packets before
 * the first keys, in clear and without a tag.
 */
#ifndef SSH_NATIVE_ARMOR_H
#define SSH_NATIVE_ARMOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct packet_keys;

struct armor;

enum armor_use { ARMOR_OPENS, ARMOR_SEALS };

/* keys are borrowed for the call. NULL with e set (ERR_PROTOCOL) when a name
 * is unknown or libcrypto lacks what it takes. */
struct armor *armor_new(const struct packet_keys *keys, enum armor_use use,
			struct err *e);

/* Wipes the keys. */
void armor_free(struct armor *a);

struct armor_shape {
	size_t head;  /* bytes that must be here to know the length */
	size_t block; /* what the lengths are multiples of ... */
	size_t apart; /* ... without these first bytes: 0, or 4 */
	size_t tag;   /* bytes behind the packet */
	bool is_cbc;  /* and the length is encrypted: errors are telling */
	bool is_aead;
};

const struct armor_shape *armor_get_shape(const struct armor *a);

/* The length of the packet whose head is here. Called once for each, before
 * armor_open(). 0 or -1. */
int armor_open_length(struct armor *a, uint32_t sequence, unsigned char *head,
		      uint32_t *ret_length);

/* Both with a packet of len bytes, length included, and the tag (or room for
 * it) behind it. 0, or -1 if it is not authentic or libcrypto fails. */
int armor_open(struct armor *a, uint32_t sequence, unsigned char *packet,
	       size_t len);
int armor_seal(struct armor *a, uint32_t sequence, unsigned char *packet,
	       size_t len);

#endif
