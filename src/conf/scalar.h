/*
 * scalar - single values of ssh_config(5) that are written in a way of their
 * own. Pure functions; a failed one returns -1 and leaves its output alone.
 */
#ifndef CONF_SCALAR_H
#define CONF_SCALAR_H

#include <stdbool.h>
#include <stdint.h>

#define SCALAR_ESCAPE_NONE (-2) /* EscapeChar none */
#define SCALAR_DSCP_NONE (-1)   /* IPQoS none: leave the system's value */
#define SCALAR_TUNNEL_ANY (-1)  /* TunnelDevice any: any unit */

/* "90", "1h30m": seconds. Units s m h d w, either case. */
int scalar_time(const char *s, int *ret_seconds);

/* "512K", "1.5G": bytes. Units K M G T, either case. */
int scalar_size(const char *s, int64_t *ret_bytes);

/* A DSCP name, a number up to 255, or "none": the IP_TOS byte. */
int scalar_dscp(const char *s, int *ret_value);

/* The name for an IP_TOS byte, or NULL if it has none. */
const char *scalar_dscp_name(int value);

/* "any" or a unit number of a tunnel device. */
int scalar_tunnel(const char *s, int *ret_unit);

/* "~", "^C" or "none". */
int scalar_escape(const char *s, int *ret_value);

/* "TYPE=TIME", as in ChannelTimeout: *ret_type is owned by the caller. */
int scalar_type_time(const char *s, char **ret_type, int *ret_seconds);

/* Names separated by commas, perhaps after one of + - ^. */
bool scalar_is_name_list(const char *s);

/* What may name a host, a user, on the command line: nothing that a shell
 * in a ProxyCommand would take apart. */
bool scalar_is_host(const char *s);
bool scalar_is_user(const char *s);

#endif
