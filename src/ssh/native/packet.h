/*
 * packet - the binary packet protocol (RFC 4253 section 6), one object for each
 * direction: framing, padding, encryption, authentication, compression.
 *
 * Both are symmetric: nothing in here knows whether we are client or server,
 * what a message means, or when keys should change. Nothing reads or writes a
 * socket: bytes to send are appended to the caller's buf, received bytes are
 * put into the reader's own room, and both are encrypted and decrypted there.
 */
#ifndef SSH_NATIVE_PACKET_H
#define SSH_NATIVE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/step.h"

struct buf;
struct err;
struct wire;

enum {
	/* The largest packet_length (RFC 4253 section 6) and the largest
	 * payload, also after decompression. OpenSSH has the same limit. */
	PACKET_MAX = 256 * 1024,
	/* The largest payload that packet_end() takes: with padding and what
	 * compression can add, it is below PACKET_MAX. */
	PACKET_PAYLOAD_MAX = PACKET_MAX - 1024,
};

/*
 * What protects one direction; everything is borrowed for the call. The lengths
 * are those of cipher_get_needs(). mac and mac_key are not looked at if the
 * cipher is an AEAD.
 */
struct packet_keys {
	const char *cipher, *mac;
	const unsigned char *iv, *key, *mac_key;
};

/* Was hawser built with zlib? If not, packet_writer_compress() and
 * packet_reader_decompress() must not be called. */
bool packet_can_compress(void);

/* --- sending --- */

struct packet_writer;

/* In clear, without compression, sequence number 0. */
struct packet_writer *packet_writer_new(void);

/* Wipes the keys; NULL is fine. */
void packet_writer_free(struct packet_writer *w);

/*
 * From the next packet on: after our NEWKEYS. The bytes and packets are counted
 * from 0 again, the sequence number goes on, and compression ends: RFC 4253
 * section 6.2 wants a fresh context after each key exchange (and OpenSSH makes
 * one), so packet_writer_compress() is called again where it goes on.
 *
 * Returns 0, or -1 with e set (ERR_PROTOCOL) and nothing changed, when a name
 * is unknown or libcrypto fails.
 */
int packet_writer_set_keys(struct packet_writer *w,
			   const struct packet_keys *keys, struct err *e);

/* Instead: in clear for ever, and without padding, as a master's guests write
 * packets (OpenSSH's PROTOCOL.mux, section 9). Before the first one. */
void packet_writer_go_bare(struct packet_writer *w);

/* The next packet has number 0: strict key exchange, after our NEWKEYS. */
void packet_writer_reset_sequence(struct packet_writer *w);

/* From the next packet on, with a fresh context. "zlib": after each NEWKEYS of
 * ours. "zlib@openssh.com": after USERAUTH_SUCCESS, then after each NEWKEYS. */
void packet_writer_compress(struct packet_writer *w);

/*
 * Begin a packet at the end of out, which may already hold finished packets.
 * Then the caller appends the payload, message type first, to out, and nothing
 * else happens to out until packet_end().
 */
void packet_begin(struct packet_writer *w, struct buf *out);

/* Between the two: pad so that the lengths of packets differ by multiples of
 * step bytes (at most 128), for messages whose length is telling. */
void packet_pad_to(struct packet_writer *w, size_t step);

/*
 * Finish the packet: compress and pad the payload, encrypt it where it is, and
 * append the tag. Returns 0, or -1 with e set and the packet removed from out:
 * the payload is empty or above PACKET_PAYLOAD_MAX (nothing was lost, the
 * writer can go on), or a library failed (the connection must end).
 */
int packet_end(struct packet_writer *w, struct buf *out, struct err *e);

/* What was made with the keys of now, tags not counted: for a rekey in time
 * (cipher_rekey_bytes()). */
uint64_t packet_writer_bytes(const struct packet_writer *w);
uint64_t packet_writer_packets(const struct packet_writer *w);

/* --- receiving --- */

struct packet_reader;

struct packet_reader *packet_reader_new(void);
void packet_reader_free(struct packet_reader *r);

/* As for the writer: after the peer's NEWKEYS was returned by packet_next(),
 * before the next call of it. Bytes that are already here are fine. */
int packet_reader_set_keys(struct packet_reader *r,
			   const struct packet_keys *keys, struct err *e);
void packet_reader_go_bare(struct packet_reader *r);
void packet_reader_reset_sequence(struct packet_reader *r);
void packet_reader_decompress(struct packet_reader *r);

/*
 * Where the next bytes from the network go: *ret_len of them, at least 16 KiB
 * and at least what completes the packet that has begun. Ends the life of the
 * last payload. Call packet_next() until STEP_AGAIN before asking for room, or
 * the room grows without need.
 */
unsigned char *packet_reader_room(struct packet_reader *r, size_t *ret_len);

/* n bytes were put into the room. */
void packet_reader_filled(struct packet_reader *r, size_t n);

/*
 * STEP_DONE: *ret_payload is the next payload, authenticated and decompressed,
 * with at least the message type; borrowed until the next call of packet_next()
 * or packet_reader_room(). STEP_AGAIN: more bytes are needed. STEP_FAIL: e says
 * why (ERR_PROTOCOL, in ssh's words); r is of no further use, and every later
 * call fails in the same way.
 *
 * Nothing of a packet is used before it is authenticated, except its length
 * where the cipher leaves no choice. With CBC that is not told apart: whatever
 * is wrong, the failure comes when PACKET_MAX bytes were received, as ssh does
 * it, so that nobody learns what a guessed block decrypts to.
 */
enum step packet_next(struct packet_reader *r, struct wire *ret_payload,
		      struct err *e);

/* Bytes that were received and not yet returned as a payload. */
size_t packet_reader_buffered(const struct packet_reader *r);

/* The number of the packet last returned. */
uint32_t packet_reader_sequence(const struct packet_reader *r);

/* As for the writer. */
uint64_t packet_reader_bytes(const struct packet_reader *r);
uint64_t packet_reader_packets(const struct packet_reader *r);

#endif
