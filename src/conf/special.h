/*
 * special - keywords whose value has a grammar of its own.
 *
 * Each x_parse takes its words from the arguments and stores them; on failure
 * the sentence does not name file and line yet. Each x_print writes the value
 * as -G shows it, without the keyword; where nothing is written, there is no
 * line.
 */
#ifndef CONF_SPECIAL_H
#define CONF_SPECIAL_H

#include <stdbool.h>

#include "conf/row.h"

row_parse_fn special_port_parse;
row_print_fn special_port_print;
row_parse_fn special_escape_char_parse;
row_print_fn special_escape_char_print;
row_parse_fn special_ip_qos_parse;
row_print_fn special_ip_qos_print;
row_parse_fn special_rekey_limit_parse;
row_print_fn special_rekey_limit_print;
row_parse_fn special_channel_window_max_parse;
row_print_fn special_channel_window_max_print;
row_parse_fn special_tunnel_device_parse;
row_print_fn special_tunnel_device_print;
row_parse_fn special_add_keys_parse;
row_print_fn special_add_keys_print;
row_parse_fn special_control_persist_parse;
row_print_fn special_control_persist_print;
row_parse_fn special_bind_mask_parse;
row_print_fn special_bind_mask_print;
row_parse_fn special_keystroke_timing_parse;
row_print_fn special_keystroke_timing_print;
row_parse_fn special_forward_agent_parse;
row_late_fn special_forward_agent_late;
row_print_fn special_forward_agent_print;
row_parse_fn special_reconnect_parse;
row_print_fn special_reconnect_print;
row_parse_fn special_reconnect_delay_parse;
row_print_fn special_reconnect_delay_print;
row_parse_fn special_ready_fd_parse;
row_print_fn special_ready_fd_print;
row_parse_fn special_exit_grace_parse;
row_print_fn special_exit_grace_print;

row_parse_fn special_identity_agent_parse;
row_print_fn special_identity_agent_print;
row_parse_fn special_proxy_jump_parse;
row_print_fn special_proxy_jump_print;

/* As every flag says it: yes or true, no or false. */
bool special_is_yes(const char *s);
bool special_is_no(const char *s);

/* Words of lists. */
row_word_fn special_domain_word;
row_word_fn special_channel_timeout_word;

/* These are lists, shown one line per item. */
row_parse_fn special_send_env_parse;
row_parse_fn special_set_env_parse;

row_parse_fn special_permit_remote_open_parse;
row_print_fn special_permit_remote_open_print;
row_parse_fn special_canonical_cnames_parse;
row_print_fn special_canonical_cnames_print;

#endif
