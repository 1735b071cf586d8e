#include "mux/control_path.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/err.h"

int
control_path_address(const char *path, struct sockaddr_un *ret_address,
		     struct err *e)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(path);

	if (len >= sizeof(address.sun_path))
		return err_set(e, ERR_CONF,
			       "ControlPath too long ('%s' >= %zu bytes)", path,
			       sizeof(address.sun_path));
	memcpy(address.sun_path, path, len + 1);
	*ret_address = address;
	return 0;
}

bool
control_path_is_socket(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}
