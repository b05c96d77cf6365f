/* SPDX-License-Identifier: ISC */

/* How far a sudo that was started has come, as /proc shows it. */
#ifndef TRANSPORT_SUDO_STATE_H
#define TRANSPORT_SUDO_STATE_H

#include <sys/types.h>

enum sudo_state {
	SUDO_ALONE, /* it is sudo and never had a child: what was written is its own */
	SUDO_BUSY, /* it has children, sudo's own or not yet executed, or had some */
	SUDO_STARTED, /* its command runs, in its child or in its place */
	SUDO_UNSEEN, /* it has ended, or /proc does not show it */
};

/* pid: not reaped yet.  Any thread. */
enum sudo_state sudo_state_of(pid_t pid);

#endif
