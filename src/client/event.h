/*
 * event - what a client tells its owner.
 */
#ifndef CLIENT_EVENT_H
#define CLIENT_EVENT_H

/* What a client tells of, as it happens. */
enum client_event {
	CLIENT_CONNECTING, /* an attempt begins */
	CLIENT_CONNECTED,  /* the server, or what leads there, was reached */
	CLIENT_HOST_KEY,   /* the host is who it should be */
	CLIENT_LOGGED_IN,
	CLIENT_FORWARDS, /* the state of a forwarding has changed */
	CLIENT_READY,    /* all that was asked for is there */
	CLIENT_SILENT,   /* the server should have answered by now */
	CLIENT_HEARD,    /* it did after all */
};

#endif
