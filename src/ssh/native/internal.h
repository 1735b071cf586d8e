/*
 * internal - what transport.c and exchange.c share: the transport's state.
 */
#ifndef SSH_NATIVE_INTERNAL_H
#define SSH_NATIVE_INTERNAL_H

#include "base/buf.h"
#include "ssh/engine.h"
#include "ssh/native/kex.h"
#include "ssh/native/message.h"
#include "ssh/native/packet.h"

/* A key exchange, seen from here (RFC 4253 section 7). */
enum exchange {
	EXCHANGE_NONE,
	EXCHANGE_ASKED,   /* our KEXINIT was sent, the server's not seen */
	EXCHANGE_RUNNING, /* both were: now the method's own messages */
	EXCHANGE_KEYED,   /* our NEWKEYS was sent, the server's not seen */
};

struct transport {
	struct session *session;
	struct packet_writer *writer;
	struct packet_reader *reader;
	size_t budget;        /* of messages that may still be taken */
	bool is_held;         /* the server is to read our answers first */
	bool has_more;        /* input that was not looked at may be there */
	struct buf clear;     /* what came before the server's identification */
	char *identification; /* ours */
	uint8_t type;         /* of the message being made */
	struct buf *into;     /* where the message being made goes */
	size_t begun;         /* where in it a kept message begins */
	struct buf kept;      /* messages that wait for the exchange's end, each
				 with its length and padding in front */
	bool is_first_message;  /* none but the server's KEXINIT came so far */
	unsigned int n_unknown; /* messages answered with UNIMPLEMENTED */

	/* key exchange */
	enum exchange exchange;
	bool has_keys; /* the server's first NEWKEYS came */
	bool has_host_key;
	bool is_strict;
	bool is_logged_in;
	bool is_shared;   /* it is a master's connection, in clear to him */
	bool skips_guess; /* the server's next exchange message is a wrong
			     guess */
	char *guess; /* the method that our first flight guesses; or NULL */
	struct kex *kex;
	struct buf client_init, server_init;   /* both KEXINIT payloads */
	struct buf session_id, host_signature; /* of the first one */
	struct negotiation agreed;
	struct message_info info;
	uint64_t rekey_bytes; /* 0: only what the cipher needs */
	int64_t keyed_ms;     /* when the last exchange ended */
};

/* Guess a method, if it is known that the server likes best what we do. */
void exchange_guess(struct transport *t, const struct session_params *p);

/* Send our KEXINIT; in the first flight with a guess, if there is one. */
void exchange_begin(struct transport *t);

/* A message of a key exchange came: KEXINIT, NEWKEYS, or the method's own. */
void exchange_take(struct transport *t, const struct wire *message);

/* Send what was kept. */
void transport_send_kept(struct transport *t);

/* Deal with a message that belongs to the transport layer; true for one that
 * does not. */
bool notice_take(struct transport *t, const struct wire *message);

/* Say that a message is not known, or that it must not come now. */
void notice_unknown(struct transport *t, uint8_t type);
void notice_forbidden(struct transport *t, uint8_t type);

/* The server's KEXINIT came. */
void exchange_take_offer(struct transport *t, const struct wire *message);

/* Send a message of an exchange: a whole payload. */
void exchange_send(struct transport *t, const struct buf *payload);

#endif
