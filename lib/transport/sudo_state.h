/* SPDX-License-Identifier: ISC */

/* Tells from /proc whether a sudo that was started has executed its command yet. */
#ifndef TRANSPORT_SUDO_STATE_H
#define TRANSPORT_SUDO_STATE_H

#include <sys/types.h>

enum sudo_state {
	/* It never had a child: all that was written is sudo's own. */
	SUDO_ALONE,
	/* It has or had children, and none of them is the command yet. */
	SUDO_BUSY,
	SUDO_STARTED, /* the command runs, as its child or in its place */
	SUDO_UNSEEN, /* it has ended, or /proc does not show it */
};

/* pid is that of sudo, which must not be reaped yet.  Any thread. */
enum sudo_state sudo_state_of(pid_t pid);

#endif
