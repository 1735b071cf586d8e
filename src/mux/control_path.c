#include "mux/control_path.h"

#include <sys/stat.h>

#include "base/err.h"
#include "net/address.h"

int
control_path_address(const char *path, struct address *ret_address,
		     struct err *e)
{
	if (address_from_path(ret_address, path) == 0)
		return 0;
	return err_set(e, ERR_CONF, "ControlPath too long ('%s' >= %zu bytes)",
		       path, sizeof(ret_address->un.sun_path));
}

bool
control_path_is_socket(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}
