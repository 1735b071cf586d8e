#include "base/peer_user.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

int
peer_user(int socket, uid_t *ret_uid, pid_t *ret_pid)
{
#ifdef HAVE_STRUCT_UCRED_PID
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return errno;
	*ret_uid = peer.uid;
	*ret_pid = peer.pid;
	return 0;
#else
	gid_t group;

	*ret_pid = 0;
	return getpeereid(socket, ret_uid, &group) == 0 ? 0 : errno;
#endif
}
