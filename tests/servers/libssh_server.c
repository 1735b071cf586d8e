/* A server made with libssh: libssh_server HOST_KEY AUTHORIZED_KEYS PASSWORD.
 * Prints "port N", and has a process for each connection. */
#include <arpa/inet.h>
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *host_key, *authorized, *password;

struct command {
	ssh_event event;
	ssh_channel channel;
	bool is_in, is_started;
	bool is_writing;
	pid_t pid;
	int in, out, err;
};

static bool
is_authorized(ssh_key key)
{
	FILE *f = fopen(authorized, "r");
	char line[4096], type[64], blob[4000];
	bool found = false;
	ssh_key known;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%63s %3999s", type, blob) != 2 ||
		    ssh_pki_import_pubkey_base64(
			blob, ssh_key_type_from_name(type), &known) != SSH_OK)
			continue;
		found |= ssh_key_cmp(key, known, SSH_KEY_CMP_PUBLIC) == 0;
		ssh_key_free(known);
	}
	if (f != NULL)
		fclose(f);
	return found;
}

static int
take_key(ssh_session s, const char *user, struct ssh_key_struct *key,
	 char state, void *arg)
{
	struct command *c = arg;

	(void)s;
	(void)user;
	if (!is_authorized(key))
		return SSH_AUTH_DENIED;
	c->is_in |= state == SSH_PUBLICKEY_STATE_VALID;
	return SSH_AUTH_SUCCESS;
}

static int
take_password(ssh_session s, const char *user, const char *text, void *arg)
{
	struct command *c = arg;

	(void)s;
	(void)user;
	c->is_in |= strcmp(text, password) == 0;
	return c->is_in ? SSH_AUTH_SUCCESS : SSH_AUTH_DENIED;
}

static int
take_data(ssh_session s, ssh_channel channel, void *data, uint32_t len,
	  int is_stderr, void *arg)
{
	struct command *c = arg;
	ssize_t n;

	(void)s;
	(void)channel;
	(void)is_stderr;
	if (c->in < 0)
		return (int)len;
	n = write(c->in, data, len);
	return n < 0 ? (int)len : (int)n;
}

static void
take_eof(ssh_session s, ssh_channel channel, void *arg)
{
	struct command *c = arg;

	(void)s;
	(void)channel;
	if (c->in >= 0)
		close(c->in);
	c->in = -1;
}

static int
start(ssh_session s, ssh_channel channel, const char *text, void *arg)
{
	struct command *c = arg;
	int in[2], out[2], err[2];

	(void)s;
	(void)channel;
	if (pipe(in) != 0 || pipe(out) != 0 || pipe(err) != 0)
		return SSH_ERROR;
	c->pid = fork();
	if (c->pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		for (int fd = 3; fd < 64; fd++)
			close(fd);
		signal(SIGPIPE, SIG_DFL);
		execl("/bin/sh", "sh", "-c", text, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	c->in = in[1];
	c->out = out[0];
	c->err = err[0];
	c->is_started = true;
	return SSH_OK;
}

/* The library has files' requests, but no server for them of its own. */
static int
start_subsystem(ssh_session s, ssh_channel channel, const char *name, void *arg)
{
	if (strcmp(name, "sftp") != 0)
		return SSH_ERROR;
	return start(s, channel, "exec /usr/lib/openssh/sftp-server", arg);
}

static ssh_channel
open_session(ssh_session s, void *arg)
{
	static struct ssh_channel_callbacks_struct callbacks;
	struct command *c = arg;

	callbacks = (struct ssh_channel_callbacks_struct){
		.userdata = c,
		.channel_data_function = take_data,
		.channel_eof_function = take_eof,
		.channel_exec_request_function = start,
		.channel_subsystem_request_function = start_subsystem,
	};
	ssh_callbacks_init(&callbacks);
	c->channel = ssh_channel_new(s);
	ssh_set_channel_callbacks(c->channel, &callbacks);
	return c->channel;
}

/* Output of the command; closes *fd at its end. */
static int
pass_on(ssh_channel channel, int *fd, bool is_stderr)
{
	char data[32768];
	ssize_t n = read(*fd, data, sizeof(data));

	if (n > 0)
		return is_stderr
			   ? ssh_channel_write_stderr(channel, data, (uint32_t)n)
			   : ssh_channel_write(channel, data, (uint32_t)n);
	close(*fd);
	*fd = -1;
	return 0;
}

/* fd's event: its output goes to the channel. */
static int
on_output(socket_t fd, int events, void *arg)
{
	struct command *c = arg;
	int *which = fd == c->out ? &c->out : &c->err;

	(void)events;
	/* a write that must wait polls, and would let later output pass it */
	if (c->is_writing)
		return 0;
	c->is_writing = true;
	if (pass_on(c->channel, which, which == &c->err) >= 0 && *which < 0)
		ssh_event_remove_fd(c->event, fd);
	c->is_writing = false;
	return 0;
}

static void
serve_command(struct command *c)
{
	short events = POLLIN | POLLHUP;
	int status = 0;

	ssh_event_add_fd(c->event, c->out, events, on_output, c);
	ssh_event_add_fd(c->event, c->err, events, on_output, c);
	while ((c->out >= 0 || c->err >= 0) && ssh_channel_is_open(c->channel))
		if (ssh_event_dopoll(c->event, -1) == SSH_ERROR)
			break;
	if (c->in >= 0)
		close(c->in);
	c->in = -1;
	if (!ssh_channel_is_open(c->channel))
		kill(c->pid, SIGKILL);
	waitpid(c->pid, &status, 0);
	ssh_channel_send_eof(c->channel);
	if (WIFEXITED(status))
		ssh_channel_request_send_exit_status(c->channel,
						     WEXITSTATUS(status));
	else
		ssh_channel_request_send_exit_signal(c->channel, "KILL", 0, "",
						     "");
	ssh_channel_close(c->channel);
}

static void
serve(ssh_session s)
{
	struct command c = { .in = -1, .out = -1, .err = -1 };
	struct ssh_server_callbacks_struct callbacks = {
		.userdata = &c,
		.auth_password_function = take_password,
		.auth_pubkey_function = take_key,
		.channel_open_request_session_function = open_session,
	};

	ssh_callbacks_init(&callbacks);
	ssh_set_server_callbacks(s, &callbacks);
	ssh_set_auth_methods(s, SSH_AUTH_METHOD_PASSWORD |
				    SSH_AUTH_METHOD_PUBLICKEY);
	if (ssh_handle_key_exchange(s) != SSH_OK)
		return;
	c.event = ssh_event_new();
	ssh_event_add_session(c.event, s);
	while (!c.is_started)
		if (ssh_event_dopoll(c.event, -1) == SSH_ERROR)
			return;
	serve_command(&c);
	/* until the client has gone */
	while (ssh_is_connected(s) &&
	       ssh_event_dopoll(c.event, 1000) != SSH_ERROR)
		;
}

/* A free port of 127.0.0.1, from the kernel. */
static int
listen_somewhere(int *ret_port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&sa, len) != 0 || listen(fd, 16) != 0 ||
	    getsockname(fd, (struct sockaddr *)&sa, &len) != 0)
		return -1;
	*ret_port = ntohs(sa.sin_port);
	return fd;
}

int
main(int argc, char **argv)
{
	ssh_bind bind = ssh_bind_new();
	int fd, port, conn;

	if (argc < 4 || (fd = listen_somewhere(&port)) < 0)
		return 1;
	host_key = argv[1];
	authorized = argv[2];
	password = argv[3];
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	ssh_bind_options_set(bind, SSH_BIND_OPTIONS_HOSTKEY, host_key);
	printf("port %d\n", port);
	fflush(stdout);
	while ((conn = accept(fd, NULL, NULL)) >= 0) {
		ssh_session s = ssh_new();

		if (fork() == 0) {
			signal(SIGCHLD, SIG_DFL);
			close(fd);
			if (ssh_bind_accept_fd(bind, s, conn) == SSH_OK)
				serve(s);
			_exit(0);
		}
		close(conn);
	}
	return 0;
}
