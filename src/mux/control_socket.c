#include "mux/control_socket.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/system.h"
#include "base/xalloc.h"
#include "mux/control_path.h"
#include "net/address.h"
#include "net/listener.h"

/* Of a name for the time before it is at its place: nobody is to be there
 * already, nor to wait for it. */
#define NAME_BYTES 5

struct control_socket {
	struct listener *listener;
	char *path;
	void (*accepted)(void *arg, int fd);
	void *arg;
	dev_t device; /* of the file at path */
	ino_t inode;
};

static void
on_accepted(void *arg, int fd)
{
	const struct control_socket *s = arg;

	s->accepted(s->arg, fd);
}

static void
on_trouble(void *arg, int error)
{
	const struct control_socket *s = arg;

	log_error("ControlPath %s: cannot accept clients for now: %s", s->path,
		  strerror(error));
}

/* Does nobody listen there, though there is a socket? */
static bool
is_stale(const char *path)
{
	struct address address;
	struct err e = { .kind = ERR_NONE };
	bool is_refused;
	int fd;

	if (control_path_address(path, &address, &e) != 0 ||
	    !control_path_is_socket(path))
		return false;
	fd = system_socket(AF_UNIX, SOCK_STREAM);
	if (fd < 0)
		return false;
	is_refused = connect(fd, &address.any, address.len) != 0 &&
		     errno == ECONNREFUSED;
	close(fd);
	return is_refused;
}

/* Beside path; NULL if there are no random numbers. */
static char *
random_name(const char *path)
{
	unsigned char bytes[NAME_BYTES];
	char digits[2 * NAME_BYTES + 1];

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return NULL;
	hex_encode(bytes, sizeof(bytes), digits);
	return xasprintf("%s.%s", path, digits);
}

/*
 * Remove what was left behind at path. Another one may do the same at this
 * moment, and be there already with a socket of his own: so it is taken aside
 * first, and put back if it is not stale.
 */
static void
remove_stale(const char *path)
{
	char *aside = is_stale(path) ? random_name(path) : NULL;

	if (aside != NULL && rename(path, aside) == 0) {
		if (is_stale(aside))
			log_debug("Stale control socket %s, unlinking", path);
		else if (link(aside, path) != 0)
			log_debug("%s: %s", path, strerror(errno));
		unlink(aside);
	}
	free(aside);
}

/* Listen at a name beside path; NULL with e set if it cannot be. */
static char *
listen_beside(struct control_socket *s, struct loop *l, struct err *e)
{
	struct listener_params p = {
		.bind_mask = 0177,
		.accepted = on_accepted,
		.trouble = on_trouble,
		.arg = s,
	};
	char *name = random_name(s->path);

	if (name == NULL) {
		err_set(e, ERR_LOCAL, "ControlPath %s: no random numbers",
			s->path);
		return NULL;
	}
	p.path = name;
	s->listener = listener_new(l, &p);
	if (listener_step(s->listener, e) == STEP_DONE)
		return name;
	listener_free(s->listener);
	s->listener = NULL;
	free(name);
	return NULL;
}

/* It listens: now let it be found. Two that do this at once cannot both
 * succeed. */
static int
move_in(struct control_socket *s, const char *name, bool *ret_is_taken,
	struct err *e)
{
	struct stat st;
	int rc = link(name, s->path);

	if (rc != 0 && errno == EEXIST) {
		remove_stale(s->path);
		rc = link(name, s->path);
	}
	if (rc != 0 && errno == EEXIST) {
		*ret_is_taken = true;
		return err_set(e, ERR_LOCAL,
			       "ControlSocket %s already exists, disabling "
			       "multiplexing",
			       s->path);
	}
	if (rc != 0)
		return err_set(e, ERR_LOCAL, "link mux listener %s => %s: %s",
			       name, s->path, strerror(errno));
	if (stat(s->path, &st) == 0) {
		s->device = st.st_dev;
		s->inode = st.st_ino;
	}
	return 0;
}

struct control_socket *
control_socket_new(struct loop *l, const char *path,
		   void (*accepted)(void *arg, int fd), void *arg,
		   bool *ret_is_taken, struct err *e)
{
	struct control_socket *s = xcalloc(1, sizeof(*s));
	char *name;
	int rc = -1;

	*ret_is_taken = false;
	s->path = xstrdup(path);
	s->accepted = accepted;
	s->arg = arg;
	name = listen_beside(s, l, e);
	if (name != NULL) {
		rc = move_in(s, name, ret_is_taken, e);
		unlink(name);
	}
	free(name);
	if (rc == 0)
		return s;
	control_socket_free(s);
	return NULL;
}

void
control_socket_hold(struct control_socket *s, bool on)
{
	listener_hold(s->listener, on);
}

/* Another one may be there by now. */
static void
remove_file(const struct control_socket *s)
{
	struct stat st;

	if (s->inode != 0 && stat(s->path, &st) == 0 &&
	    st.st_dev == s->device && st.st_ino == s->inode)
		unlink(s->path);
}

void
control_socket_free(struct control_socket *s)
{
	if (s == NULL)
		return;
	remove_file(s);
	listener_free(s->listener);
	free(s->path);
	free(s);
}
