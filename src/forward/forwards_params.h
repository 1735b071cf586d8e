/*
 * forwards_params - what all forwardings of a client have in common.
 */
#ifndef FORWARD_FORWARDS_PARAMS_H
#define FORWARD_FORWARDS_PARAMS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct idle;
struct inherited;
struct loop;
struct strv;

struct forwards_params {
	struct loop *loop;
	bool gateway_ports;
	int family; /* AddressFamily, for listening and for connecting */
	bool failure_is_fatal; /* ExitOnForwardFailure: do not warn */
	bool reconnects;  /* there will be another session after this one */
	bool takes_over;  /* TakeOverListener */
	int64_t check_ms; /* CheckForwards; 0: never */
	int64_t hold_ms;  /* how long somebody may wait for a session */
	mode_t bind_mask;
	bool bind_unlink;
	const struct strv *permit_remote_open; /* host:port patterns; empty:
						  everything */
	struct inherited *inherited;           /* NULL: none */
	struct idle *idle;                     /* ChannelTimeout; or NULL */
	void (*wake)(void *arg);               /* a step may get further */
	void *arg;
};

#endif
