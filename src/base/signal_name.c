#include "base/signal_name.h"

#include <signal.h>
#include <stddef.h>

const char *
signal_name(int signo)
{
	switch (signo) {
	case SIGHUP:
		return "HUP";
	case SIGINT:
		return "INT";
	case SIGQUIT:
		return "QUIT";
	case SIGTERM:
		return "TERM";
	default:
		return NULL;
	}
}
