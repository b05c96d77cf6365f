/* SPDX-License-Identifier: ISC */

/* Has a sudo that was started executed its command yet?  /proc tells. */
#ifndef TRANSPORT_SUDO_STATE_H
#define TRANSPORT_SUDO_STATE_H

#include <sys/types.h>

enum sudo_state {
	SUDO_ALONE, /* it never had a child: all that was written is sudo's own */
	SUDO_BUSY, /* it has or had children, and none is the command yet */
	SUDO_STARTED, /* the command runs, as its child or in its place */
	SUDO_UNSEEN, /* it has ended, or /proc does not show it */
};

/* pid: of sudo, which is not reaped yet.  Any thread. */
enum sudo_state sudo_state_of(pid_t pid);

#endif
